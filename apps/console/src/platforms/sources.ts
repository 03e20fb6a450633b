const MOST_SOURCES = 100;
const V4 = /^(?:(?:25[0-5]|2[0-4]\d|1?\d?\d)(?:\.(?!$)|$)){4}$/;
const V6 = /^[\da-f]*(?::[\da-f]*){2,7}$/i;

/** The IP addresses in a text, with blanks, commas or line ends between; null where one is none, or there are too many. */
export function sourcesOf(typed: string): string[] | null {
  const sources = typed
    .normalize('NFKC')
    .split(/[\s,;、]+/)
    .filter((one) => one !== '');
  const isSound = sources.length <= MOST_SOURCES && sources.every((one) => V4.test(one) || V6.test(one));
  return isSound ? [...new Set(sources)] : null;
}

/** Whether the server would call it: a name, over https. */
export function isPlatformAddress(typed: string): boolean {
  const url = URL.parse(typed.trim());
  return url?.protocol === 'https:' && /^([a-z0-9-]+\.)+[a-z]{2,}$/.test(url.hostname);
}
