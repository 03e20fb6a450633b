import { createHash, randomBytes } from 'node:crypto';

const BYTES = 32;

/** 256 random bits, as text. Whoever has it is let in, so it is stored only as its hash. */
export const newToken = (): string => randomBytes(BYTES).toString('base64url');

/** What is hashed has so many random bits that nothing slower than SHA-256 is needed. */
export const hashToken = (token: string): Buffer => createHash('sha256').update(token).digest();
