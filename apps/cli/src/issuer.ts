import { type IssuerConfig, isSafeIssuer } from '@openprepay/server';

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * The identity provider of the environment, null where none is named. Its secret is taken from there alone: what stands on a
 * command line is seen by everybody on the machine.
 * @returns in words what is wrong with it, where something is
 */
export function issuerOf(env: Environment): IssuerConfig | null | string {
  const url = env['OPENPREPAY_OIDC_ISSUER'];
  if (!url) return null;
  if (!isSafeIssuer(url))
    return 'OPENPREPAY_OIDC_ISSUER is an address like https://id.example/realms/market; http is for this machine alone';
  const clientId = env['OPENPREPAY_OIDC_CLIENT_ID'];
  const clientSecret = env['OPENPREPAY_OIDC_CLIENT_SECRET'];
  if (!clientId || !clientSecret) {
    return 'OPENPREPAY_OIDC_ISSUER needs OPENPREPAY_OIDC_CLIENT_ID and OPENPREPAY_OIDC_CLIENT_SECRET beside it';
  }
  return { url, clientId, clientSecret, name: env['OPENPREPAY_OIDC_NAME'] || new URL(url).host };
}
