const HOME = '/';

/** Where to go after signing in: only a path of this console, never another site, never back to the sign-in page. */
export function nextPath(next: unknown): string {
  if (typeof next !== 'string' || !/^\/(?![/\\])/.test(next)) return HOME;
  return next.startsWith('/sign-in') ? HOME : next;
}
