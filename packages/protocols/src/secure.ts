import { createCipheriv, createDecipheriv, createHash, timingSafeEqual } from 'node:crypto';
import { constants, deflateSync, inflateSync } from 'node:zlib';
import { protocolError } from './errors.ts';

export const AES_BLOCK_BYTES = 16;
/** No message of a meter repeats itself more than this; DEFLATE itself goes to about 1,000. */
const MAX_INFLATE_RATIO = 100;

/** The 16 characters that gateways use as key and as initialisation vector alike. @throws frame.bad_value */
export function keyOf(secret: string): Buffer {
  const key = Buffer.from(secret, 'latin1');
  if (key.length !== AES_BLOCK_BYTES || key.toString('latin1') !== secret) {
    throw protocolError('frame.bad_value', `a secret of ${AES_BLOCK_BYTES} characters of one byte`);
  }
  return key;
}

/** AES-CBC with the padding of PKCS #7; the length of the key says which AES. */
export function encryptCbc(plain: Uint8Array, key: Uint8Array, iv: Uint8Array): Uint8Array {
  const cipher = createCipheriv(`aes-${8 * key.length}-cbc`, key, iv);
  return new Uint8Array(Buffer.concat([cipher.update(plain), cipher.final()]));
}

/** @throws frame.not_decrypted: another key, or bytes that were damaged on the way; the padding does not tell which */
export function decryptCbc(encrypted: Uint8Array, key: Uint8Array, iv: Uint8Array): Uint8Array {
  try {
    const decipher = createDecipheriv(`aes-${8 * key.length}-cbc`, key, iv);
    return new Uint8Array(Buffer.concat([decipher.update(encrypted), decipher.final()]));
  } catch {
    throw protocolError('frame.not_decrypted', 'wrong key, or damaged', { bytes: encrypted.length });
  }
}

/** zlib (RFC 1950). */
export const deflate = (plain: Uint8Array): Uint8Array => new Uint8Array(deflateSync(plain));

/**
 * Gives at most `mostBytes`, and at most a hundred times what came in: a compressed bomb costs no more than that.
 * @throws frame.too_long, frame.bad_payload
 */
export function inflate(compressed: Uint8Array, mostBytes: number): Uint8Array {
  const maxOutputLength = Math.min(mostBytes, MAX_INFLATE_RATIO * Math.max(compressed.length, 1));
  try {
    return new Uint8Array(inflateSync(compressed, { maxOutputLength, finishFlush: constants.Z_FINISH }));
  } catch (error) {
    if ((error as { code?: unknown }).code === 'ERR_BUFFER_TOO_LARGE') {
      throw protocolError('frame.too_long', `inflates to over ${maxOutputLength} bytes`, { bytes: compressed.length });
    }
    throw protocolError('frame.bad_payload', 'not zlib data');
  }
}

/** Compares digests of both, so that the time taken tells nothing of either, not even the length. */
export function equalSecrets(a: string, b: string): boolean {
  const digest = (text: string) => createHash('sha256').update(text).digest();
  return timingSafeEqual(digest(a), digest(b));
}

/** Text in UTF-8. @throws frame.bad_payload */
export function decodeUtf8(bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    throw protocolError('frame.bad_payload', 'not UTF-8');
  }
}
