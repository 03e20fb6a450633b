import { call } from '@openprepay/contract/client';
import { nextPath } from '../next-path.ts';
import { finishIssuerSignIn } from '../session.ts';

/** What was asked for before the browser left; a tab has its own. */
const NEXT = 'openprepay.next';

/** What the button says; null where there is none, also when the server does not answer: the form then says so. */
export const issuerName = (): Promise<string | null> =>
  call('signInWays', {}).then(
    ({ issuer }) => issuer?.name ?? null,
    () => null,
  );

/** Leaves for the identity provider. */
export async function goToIssuer(next: unknown): Promise<void> {
  const { url } = await call('beginIssuerSignIn', {});
  sessionStorage.setItem(NEXT, nextPath(next));
  location.assign(url);
}

/** Where to go once somebody is in, taken once. */
export function takeNext(): string {
  const next = sessionStorage.getItem(NEXT);
  sessionStorage.removeItem(NEXT);
  return nextPath(next);
}

/** Comes back. The answer is good once, so it does not stay in the address. @returns like `signIn` */
export function comeBack(): Promise<string | null> {
  const query = location.search.slice(1);
  history.replaceState(history.state, '', '/sign-in');
  return finishIssuerSignIn(query);
}
