import { createCipheriv, createDecipheriv } from 'node:crypto';
import { protocolError } from '../errors.ts';
import { AES_BLOCK_BYTES, deflate, inflate, keyOf } from '../secure.ts';

/** How a device packs its payloads, as it says when it logs in. The login itself is never packed. */
export interface Packing {
  readonly compress: 'none' | 'zlib' | 'lzo';
  /** The 16 characters shared with the device, where it encrypts; key and initialisation vector alike. */
  readonly secret: string | null;
}

export const PLAIN: Packing = { compress: 'none', secret: null };

const MAX_PLAIN_BYTES = 1 << 20;

/** Compressed first, then encrypted; that order is assumed. @throws frame.not_supported for LZO, frame.bad_value */
export function pack(plain: Uint8Array, { compress, secret }: Packing): Uint8Array {
  if (compress === 'lzo') throw lzo();
  const compressed = compress === 'zlib' ? deflate(plain) : plain;
  return secret === null ? compressed : encryptCts(compressed, secret);
}

/** @throws frame.not_supported, frame.not_decrypted, frame.bad_payload, frame.too_long */
export function unpack(packed: Uint8Array, { compress, secret }: Packing): Uint8Array {
  if (compress === 'lzo') throw lzo();
  const compressed = secret === null ? packed : decryptCts(packed, secret);
  return compress === 'zlib' ? inflate(compressed, MAX_PLAIN_BYTES) : compressed;
}

const lzo = () => protocolError('frame.not_supported', 'LZO is not built in; set the device to ZLIB');

/**
 * AES-128-CBC with ciphertext stealing, the last two blocks always swapped (CS3 of NIST SP 800-38A's addendum, RFC 3962).
 * That the vendor means this one of the three ways is assumed. The length stays what it was; a single block, or less, is
 * encrypted as it is, filled up with zeros.
 */
export function encryptCts(plain: Uint8Array, secret: string): Uint8Array {
  const key = keyOf(secret);
  const blocks = Math.max(1, Math.ceil(plain.length / AES_BLOCK_BYTES));
  const padded = new Uint8Array(blocks * AES_BLOCK_BYTES);
  padded.set(plain);
  const cipher = createCipheriv('aes-128-cbc', key, key).setAutoPadding(false);
  const whole = Buffer.concat([cipher.update(padded), cipher.final()]);
  if (blocks === 1) return new Uint8Array(whole);
  const cut = whole.length - 2 * AES_BLOCK_BYTES;
  const swapped = Buffer.concat([
    whole.subarray(0, cut),
    whole.subarray(-AES_BLOCK_BYTES),
    whole.subarray(cut, -AES_BLOCK_BYTES),
  ]);
  return new Uint8Array(swapped.subarray(0, plain.length));
}

/** Zeros that filled up a single block stay. @throws frame.not_decrypted when there is less than a block */
export function decryptCts(encrypted: Uint8Array, secret: string): Uint8Array {
  const key = keyOf(secret);
  if (encrypted.length < AES_BLOCK_BYTES)
    throw protocolError('frame.not_decrypted', `at least ${AES_BLOCK_BYTES} bytes`);
  if (encrypted.length === AES_BLOCK_BYTES) return decryptBlocks(encrypted, key, key);
  const tailBytes = encrypted.length % AES_BLOCK_BYTES || AES_BLOCK_BYTES;
  const lastAt = encrypted.length - tailBytes;
  const last = encrypted.subarray(lastAt - AES_BLOCK_BYTES, lastAt);
  const stolen = decryptBlocks(last, key, Buffer.alloc(AES_BLOCK_BYTES));
  const beforeLast = stolen.slice();
  beforeLast.set(encrypted.subarray(lastAt));
  const whole = Buffer.concat([encrypted.subarray(0, lastAt - AES_BLOCK_BYTES), beforeLast, last]);
  return decryptBlocks(whole, key, key).subarray(0, encrypted.length);
}

function decryptBlocks(blocks: Uint8Array, key: Uint8Array, iv: Uint8Array): Uint8Array {
  const decipher = createDecipheriv('aes-128-cbc', key, iv).setAutoPadding(false);
  return new Uint8Array(Buffer.concat([decipher.update(blocks), decipher.final()]));
}
