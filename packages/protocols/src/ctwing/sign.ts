import { createHmac, timingSafeEqual } from 'node:crypto';

/** The two headers that open every string to sign. `timestamp` is Unix milliseconds. */
export interface Signing {
  readonly application: string;
  readonly timestamp: string | number;
}

/**
 * Signature of a northbound request: base64(HMAC-SHA1(secret, text)), where text is one line `name:value` each for
 * application and timestamp, then for the other signed headers (MasterKey) and query parameters sorted by name, then
 * the body if there is one. The header `version` is not signed.
 */
export function sign(
  secret: string,
  headersAndParams: Readonly<Record<string, string>>,
  body: string,
  { application, timestamp }: Signing,
): string {
  const others = Object.entries(headersAndParams).sort(([a], [b]) => (a < b ? -1 : 1));
  const lines = [['application', application], ['timestamp', timestamp], ...others].map(
    ([name, value]) => `${name}:${value}\n`,
  );
  const text = lines.join('') + (body === '' ? '' : `${body}\n`);
  return createHmac('sha1', secret).update(text).digest('base64');
}

/** Whether `signature` is the one that `sign` makes; compared in constant time. */
export function verify(
  secret: string,
  headersAndParams: Readonly<Record<string, string>>,
  body: string,
  signing: Signing,
  signature: string,
): boolean {
  const expected = Buffer.from(sign(secret, headersAndParams, body, signing));
  const found = Buffer.from(signature);
  return expected.length === found.length && timingSafeEqual(expected, found);
}
