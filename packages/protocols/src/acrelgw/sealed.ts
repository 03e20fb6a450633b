import { fromHex, toHex } from '@openprepay/kernel';
import { protocolError } from '../errors.ts';
import { decodeUtf8, decryptCbc, encryptCbc, keyOf } from '../secure.ts';
import type { GwTransparent } from './messages.ts';

const METER_ID = /^(\d{2})(\d{3})$/;
/** A Modbus RTU frame has 256 bytes, a DL/T 645 frame 267 and its preamble. */
const MAX_LINE_BYTES = 512;

/** AES-128-CBC with the secret as key and as initialisation vector: hides little, so use it inside a VPN only. */
export function seal(plain: Uint8Array, secret: string | null): Uint8Array {
  const key = keyOf(given(secret));
  return encryptCbc(plain, key, key);
}

/** @throws frame.not_decrypted, also when there is no secret; frame.bad_value for a secret that is no key */
export function unseal(data: Uint8Array, secret: string | null): Uint8Array {
  const key = keyOf(given(secret));
  return decryptCbc(data, key, key);
}

function given(secret: string | null): string {
  if (secret === null) throw protocolError('frame.not_decrypted', 'no secret is known for this gateway');
  return secret;
}

/** `02017`: port 2, address 17. @throws frame.bad_value */
export function encodeMeterId(port: number, address: number): string {
  const id = `${String(port).padStart(2, '0')}${String(address).padStart(3, '0')}`;
  if (!METER_ID.test(id))
    throw protocolError('frame.bad_value', 'a port up to 99 and an address up to 999', { port, address });
  return id;
}

/** Reports name their meters in the same way. Null for an id of another form: it is configured on the gateway. */
export function decodeMeterId(id: string): { readonly port: number; readonly address: number } | null {
  const [, port, address] = METER_ID.exec(id) ?? [];
  return port === undefined || address === undefined ? null : { port: Number(port), address: Number(address) };
}

/** `02017|01030000000a…`, in lower case as a server in production sends it. @throws frame.bad_value, frame.too_long */
export function encodeTransparent({ port, address, bytes }: GwTransparent): Uint8Array {
  if (bytes.length === 0) throw protocolError('frame.bad_value', 'nothing to carry');
  if (bytes.length > MAX_LINE_BYTES) throw protocolError('frame.too_long', `over ${MAX_LINE_BYTES} bytes for a line`);
  return new TextEncoder().encode(`${encodeMeterId(port, address)}|${toHex(bytes)}`);
}

/** @throws frame.bad_payload, frame.too_long */
export function decodeTransparent(plain: Uint8Array): GwTransparent {
  const [id = '', hex = '', ...rest] = decodeUtf8(plain).split('|');
  const meter = decodeMeterId(id);
  if (!meter || rest.length > 0 || !/^(?:[0-9A-Fa-f]{2})+$/.test(hex)) {
    throw protocolError('frame.bad_payload', 'not a meter id of five digits, a bar and hexadecimal bytes');
  }
  if (hex.length > 2 * MAX_LINE_BYTES)
    throw protocolError('frame.too_long', `over ${MAX_LINE_BYTES} bytes from a line`);
  return { kind: 'transparent', ...meter, bytes: fromHex(hex) };
}
