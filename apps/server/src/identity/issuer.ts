import * as oidc from 'openid-client';
import { identityError } from './errors.ts';

/** An identity provider (OpenID Connect) and whom it knows this program as. */
export interface IssuerConfig {
  /** Its issuer identifier, below which its discovery document lies. */
  readonly url: string;
  readonly clientId: string;
  readonly clientSecret: string;
  /** As it stands on the button. */
  readonly name: string;
}

/** What has to fit when somebody comes back. */
export interface Questions {
  readonly state: string;
  readonly nonce: string;
  /** Of PKCE, RFC 7636. */
  readonly verifier: string;
  readonly redirectUri: string;
}

/** Whom the issuer says somebody is. */
export interface Proof {
  readonly subject: string;
  /** The e-mail that the issuer has verified, in lower case; null where there is none. */
  verifiedEmail(): Promise<string | null>;
}

export interface Issuer {
  readonly url: string;
  readonly name: string;
  /** @throws identity.issuer_away */
  begin(redirectUri: string): Promise<{ readonly url: string; readonly questions: Questions }>;
  /**
   * Authorization code with PKCE; the ID token is checked with the issuer's keys, its nonce and state with the questions.
   * @param query with which the browser came back
   * @throws identity.issuer_refused, identity.issuer_wrong, identity.issuer_away
   */
  prove(questions: Questions, query: string): Promise<Proof>;
}

const TIMEOUT_S = 10;
const SCOPE = 'openid email';
const LOOPBACK = /^(localhost|127\.\d+\.\d+\.\d+|\[::1\])$/;

/** Whether what is said to an issuer goes over TLS, or stays on this machine. */
export const isSafeIssuer = (url: string): boolean => {
  if (!URL.canParse(url)) return false;
  const { protocol, hostname } = new URL(url);
  return protocol === 'https:' || (protocol === 'http:' && LOOPBACK.test(hostname));
};

/** Nothing is asked of it before the first who signs in there, so that it may be away while the program starts. */
export function newIssuer({ url, clientId, clientSecret, name }: IssuerConfig): Issuer {
  const server = new URL(url);
  let known: oidc.Configuration | null = null;

  const configuration = async (): Promise<oidc.Configuration> => {
    // Without this an ID token that comes straight from the issuer is believed for its TLS alone.
    const execute = [oidc.enableNonRepudiationChecks];
    if (server.protocol === 'http:') execute.push(oidc.allowInsecureRequests);
    const auth = oidc.ClientSecretBasic(clientSecret);
    known ??= await oidc.discovery(server, clientId, undefined, auth, { execute, timeout: TIMEOUT_S });
    return known;
  };

  return {
    url: server.href,
    name,
    begin: (redirectUri) =>
      named(async () => {
        const config = await configuration();
        const verifier = oidc.randomPKCECodeVerifier();
        const questions = { state: oidc.randomState(), nonce: oidc.randomNonce(), verifier, redirectUri };
        const to = oidc.buildAuthorizationUrl(config, {
          redirect_uri: redirectUri,
          scope: SCOPE,
          state: questions.state,
          nonce: questions.nonce,
          code_challenge: await oidc.calculatePKCECodeChallenge(verifier),
          code_challenge_method: 'S256',
        });
        return { url: to.href, questions };
      }),
    prove: ({ state, nonce, verifier, redirectUri }, query) =>
      named(async () => {
        const config = await configuration();
        const tokens = await oidc.authorizationCodeGrant(config, new URL(`${redirectUri}?${query}`), {
          expectedState: state,
          expectedNonce: nonce,
          pkceCodeVerifier: verifier,
          idTokenExpected: true,
        });
        const claims = tokens.claims();
        if (!claims) throw identityError('identity.issuer_wrong', 'the issuer sent no ID token');
        const verifiedEmail = () => named(() => emailOf(config, claims, tokens.access_token));
        return { subject: claims.sub, verifiedEmail };
      }),
  };
}

/** Of the ID token, or of UserInfo, where most issuers have it. */
async function emailOf(config: oidc.Configuration, claims: oidc.IDToken, accessToken: string): Promise<string | null> {
  const { userinfo_endpoint: endpoint } = config.serverMetadata();
  const isThere = claims['email'] !== undefined || endpoint === undefined;
  const { email, email_verified } = isThere ? claims : await oidc.fetchUserInfo(config, accessToken, claims.sub);
  return typeof email === 'string' && email_verified === true ? email.toLowerCase() : null;
}

/** Whatever goes wrong between us and the issuer, by whose fault it is. */
async function named<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof oidc.AuthorizationResponseError) {
      throw identityError('identity.issuer_refused', `the issuer let nobody in: ${error.error}`);
    }
    const cause = causeOf(error);
    if (isSilence(error)) throw identityError('identity.issuer_away', 'the issuer does not answer', { cause });
    throw identityError('identity.issuer_wrong', 'the issuer’s answer is not believed', { cause });
  }
}

const AWAY = ['OAUTH_TIMEOUT', 'OAUTH_ABORT', 'OAUTH_RESPONSE_IS_NOT_CONFORM', 'OAUTH_RESPONSE_IS_NOT_JSON'];

/** `fetch` says with a TypeError that nothing could be reached. */
const isSilence = (error: unknown): boolean =>
  (error instanceof TypeError && !('code' in error)) ||
  (error instanceof oidc.ClientError && AWAY.includes(error.code ?? ''));

/** What the log needs to tell one fault from another; never a token. */
function causeOf(error: unknown): string {
  if (error instanceof oidc.ResponseBodyError) return `${error.error} ${error.error_description ?? ''}`.trim();
  if (!(error instanceof Error)) return String(error);
  return error.cause instanceof Error ? `${error.message}: ${error.cause.message}` : error.message;
}
