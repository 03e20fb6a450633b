import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import Provider from 'oidc-provider';

export const CLIENT = { clientId: 'openprepay', clientSecret: 'secret of a test' } as const;

/** Whom the provider knows: by subject, his e-mail and whether it is verified. */
export type People = Readonly<Record<string, { readonly email: string; readonly verified: boolean }>>;

export interface TestIssuer {
  readonly url: string;
  stop(): Promise<void>;
}

/** A real identity provider, which others wrote, on loopback. Whoever types a subject as login is that subject. */
export async function startIssuer(redirectUri: string, people: People): Promise<TestIssuer> {
  const server = createServer();
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const provider = new Provider(url, {
    clients: [{ client_id: CLIENT.clientId, client_secret: CLIENT.clientSecret, redirect_uris: [redirectUri] }],
    claims: { openid: ['sub'], email: ['email', 'email_verified'] },
    cookies: { keys: ['of a test'] },
    pkce: { required: () => true },
    findAccount: async (_, id) => ({
      accountId: id,
      claims: async () => ({ sub: id, email: people[id]?.email ?? '', email_verified: people[id]?.verified ?? false }),
    }),
  });
  server.on('request', provider.callback());
  return { url, stop: () => stopServer(server) };
}

function stopServer(server: Server): Promise<void> {
  server.closeAllConnections();
  return new Promise((done) => server.close(() => done()));
}

/** Cookies of one browser, by name, as many servers as on one host. */
export type Jar = Map<string, string>;

export async function visit(jar: Jar, url: string, form?: Readonly<Record<string, string>>): Promise<Response> {
  const cookie = [...jar].map(([name, value]) => `${name}=${value}`).join('; ');
  const request = form ? { method: 'POST', body: new URLSearchParams(form) } : { method: 'GET' };
  const response = await fetch(url, { ...request, headers: { cookie }, redirect: 'manual' });
  for (const line of response.headers.getSetCookie()) {
    const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(line) ?? [];
    if (/expires=Thu, 01 Jan 1970/i.test(line)) jar.delete(name);
    else jar.set(name, value);
  }
  return response;
}

/**
 * What a person does at the provider: signs in as a subject and agrees, until he is sent back.
 * @returns the query he comes back with
 */
export async function passIssuer(jar: Jar, url: string, subject: string, redirectUri: string): Promise<string> {
  let response = await visit(jar, url);
  for (let step = 0; step < 12; step++) {
    const location = response.headers.get('location');
    if (location?.startsWith(redirectUri)) return new URL(location).search.slice(1);
    if (location !== null) {
      response = await visit(jar, new URL(location, url).href);
      continue;
    }
    const page = await response.text();
    const [, action] = /<form[^>]* action="([^"]+)"/.exec(page) ?? [];
    const [, prompt] = /name="prompt" value="(\w+)"/.exec(page) ?? [];
    if (action === undefined || prompt === undefined) throw new Error(`the provider says: ${page.slice(0, 500)}`);
    response = await visit(jar, new URL(action, url).href, { prompt, login: subject, password: 'any' });
  }
  throw new Error('the provider sends nobody back');
}
