import type { Registration } from './convention.ts';

/** `more`: what is there may begin a registration. `no`: it cannot. */
export type Match = 'more' | 'no' | { readonly key: string; readonly bytes: number };

/**
 * Whether bytes begin with a registration. A key of variable length ends at the first byte that cannot belong to it, or
 * with a silence of the line.
 * @param silent whether nothing has come for so long that what is there is all that was sent
 */
export function matchRegistration(bytes: Uint8Array, registration: Registration, silent: boolean): Match {
  const { before, after, isKeyByte, minKeyBytes, maxKeyBytes, keyOf } = registration;
  const unfinished = silent ? 'no' : 'more';
  if (!agrees(bytes, 0, before)) return 'no';
  let end = before.length;
  while (end < bytes.length && end - before.length < maxKeyBytes && isKeyByte(bytes[end] ?? 0)) end++;
  const keyBytes = end - before.length;
  const isCut = end >= bytes.length;
  if (keyBytes < minKeyBytes) return isCut ? unfinished : 'no';
  if (isCut && keyBytes < maxKeyBytes && !silent) return 'more';
  if (!agrees(bytes, end, after)) return 'no';
  if (bytes.length < end + after.length) return unfinished;
  return { key: keyOf(bytes.subarray(before.length, end)), bytes: end + after.length };
}

/** As far as there are bytes. */
function agrees(bytes: Uint8Array, from: number, wanted: Uint8Array): boolean {
  const there = Math.min(wanted.length, Math.max(bytes.length - from, 0));
  for (let at = 0; at < there; at++) if (bytes[from + at] !== wanted[at]) return false;
  return true;
}
