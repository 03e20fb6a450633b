/**
 * Seeded randomness, in whole numbers. Every draw names its place (seed, meter, what for, slot), so a value never depends
 * on how many others were drawn before it: the same seed gives the same market however its parts interleave.
 */
export type Place = readonly (string | number)[];

/** A 32-bit hash of a place: FNV-1a over its text, then the finaliser of MurmurHash3 to spread close places apart. */
export function hash32(...place: Place): number {
  const text = place.join('\u0000');
  let hash = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}

/** A whole number from `least` to `most`, both included. */
export function drawInt(least: number, most: number, ...place: Place): number {
  return least + (hash32(...place) % (most - least + 1));
}

export function drawChance(permille: number, ...place: Place): boolean {
  return hash32(...place) % 1000 < permille;
}

export function drawOne<T>(choices: readonly [T, ...T[]], ...place: Place): T {
  return choices[hash32(...place) % choices.length] ?? choices[0];
}

/** `length` lower-case hexadecimal digits. */
export function drawHex(length: number, ...place: Place): string {
  let text = '';
  for (let i = 0; text.length < length; i++)
    text += hash32(...place, i)
      .toString(16)
      .padStart(8, '0');
  return text.slice(0, length);
}
