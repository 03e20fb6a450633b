import { hash, verify } from '@node-rs/argon2';

/** argon2id with the OWASP minimum: 19 MiB, 2 passes, one lane. */
const COST = { memoryCost: 19_456, timeCost: 2, parallelism: 1 } as const;

export const hashPassword = (password: string): Promise<string> => hash(password, COST);

/** Takes the same time whether or not there is such an operator: without a hash it works on one that fits nothing. */
export async function verifyPassword(stored: string | null, password: string): Promise<boolean> {
  const matches = await verify(stored ?? (await nobodysHash()), password);
  return matches && stored !== null;
}

let nobody: Promise<string> | undefined;

function nobodysHash(): Promise<string> {
  nobody ??= hashPassword(crypto.randomUUID());
  return nobody;
}

/** No letters or digits that are read as others. 32 of them, so one random byte gives one without bias. */
const ALPHABET = 'abcdefghijkmnpqrstuvwxyz23456789';
const LENGTH = 16;

/** 80 random bits, as a person can type them. */
export function newPassword(random: Uint8Array = crypto.getRandomValues(new Uint8Array(LENGTH))): string {
  const letters = Array.from(random, (byte) => ALPHABET[byte % ALPHABET.length]);
  return letters.join('').replace(/(.{4})(?=.)/g, '$1-');
}

const MIN_LENGTH = 12;
/** What is left of a password beside what everybody tries first. */
const MIN_OWN_LENGTH = 8;
const MIN_LETTERS = 5;
const COMMON = ['openprepay', 'password', 'qwertyuiop', 'qwerty', 'iloveyou', 'welcome', 'admin', 'abc123', '123456'];

/** Why a person may not choose this password; null where he may. Length counts, so a sentence is as good as signs. */
export function weaknessOf(password: string, login: string): string | null {
  if ([...password].length < MIN_LENGTH) return `it has less than ${MIN_LENGTH} characters`;
  if (new Set(password).size < MIN_LETTERS) return 'it repeats the same few characters';
  const own = [login.toLowerCase(), ...COMMON].reduce(
    (rest, word) => rest.replaceAll(word, ''),
    password.toLowerCase(),
  );
  return [...own].length < MIN_OWN_LENGTH ? 'it is the login or a common word with little around it' : null;
}
