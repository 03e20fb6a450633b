import { createHmac } from 'node:crypto';
import { protocolError } from '../errors.ts';
import { integerOf, objectOf, textOf } from '../json.ts';
import type { Source } from '../source.ts';

export type TokenMethod = 'md5' | 'sha1' | 'sha256';

const TOKEN_VERSION = '2018-10-31';
const MAX_TTL_S = 30 * 24 * 3600;

/**
 * The header `authorization` of a call: base64(HMAC(base64-decoded key, "expiry\nmethod\nresource\nversion")) and what was
 * signed, as a query string. From one public source.
 * @param resource for example `products/1234`
 */
export function signToken(
  key: string,
  {
    resource,
    expires,
    method = 'sha256',
  }: { readonly resource: string; readonly expires: Date; readonly method?: TokenMethod },
): string {
  if (!/^[0-9A-Za-z+/]+={0,2}$/.test(key)) throw protocolError('frame.bad_value', 'an access key is base64');
  const et = String(Math.floor(expires.getTime() / 1000));
  const text = [et, method, resource, TOKEN_VERSION].join('\n');
  const sign = createHmac(method, Buffer.from(key, 'base64')).update(text).digest('base64');
  const fields = { version: TOKEN_VERSION, res: resource, et, method, sign };
  return Object.entries(fields)
    .map(([name, value]) => `${name}=${encodeURIComponent(value)}`)
    .join('&');
}

/** The calls in use, each marked with where it is known from: none has been made on the real platform. */
export const ONENET_NORTHBOUND = {
  /** Kept for a sleeping device until it wakes. */
  writeLater: { method: 'POST', path: '/nbiot/offline', source: 'known' },
  cancel: { method: 'PUT', path: '/nbiot/offline/cancel', source: 'known' },
} as const satisfies Readonly<Record<string, { method: string; path: string; source: Source }>>;

/** Which resource of a device takes raw bytes: object 3200, resource 5750 is what meter modules use. */
export const RAW_RESOURCE = { objectId: 3200, instanceId: 0, resourceId: 5750, source: 'known' } as const;

export interface OneNetCommand {
  readonly imei: string;
  readonly payloadHex: string;
  /** When the platform gives up on a device that does not wake. */
  readonly validFrom: Date;
  readonly expires: Date;
}

/** The query and body of `writeLater`. Times go out in the platform's zone, UTC+8. @throws frame.bad_value */
export function writeLaterRequest(command: OneNetCommand): {
  readonly query: Readonly<Record<string, string>>;
  readonly body: string;
} {
  const { imei, payloadHex, validFrom, expires } = command;
  if (!/^\d{15}$/.test(imei))
    throw protocolError('frame.bad_value', 'an IMEI of 15 digits', { imei: imei.slice(0, 32) });
  if (!/^(?:[0-9A-Fa-f]{2})+$/.test(payloadHex))
    throw protocolError('frame.bad_value', 'payloadHex is not hexadecimal');
  const ttlS = (expires.getTime() - validFrom.getTime()) / 1000;
  if (!(ttlS > 0 && ttlS <= MAX_TTL_S))
    throw protocolError('frame.bad_value', `expires within ${MAX_TTL_S} s`, { ttlS });
  const { objectId, instanceId, resourceId } = RAW_RESOURCE;
  return {
    query: {
      imei,
      obj_id: String(objectId),
      obj_inst_id: String(instanceId),
      mode: '1',
      valid_time: platformTime(validFrom),
      expired_time: platformTime(expires),
    },
    body: JSON.stringify({ data: [{ res_id: resourceId, val: payloadHex }] }),
  };
}

const PLATFORM_OFFSET_MS = 8 * 3600 * 1000;
const platformTime = (at: Date): string => new Date(at.getTime() + PLATFORM_OFFSET_MS).toISOString().slice(0, 19);

/** @returns the platform's id of the command. @throws frame.bad_payload; frame.bad_value when the platform refused */
export function parseOneNetReply(json: unknown): { readonly commandId: string | null } {
  const reply = objectOf(json, 'reply');
  const code = integerOf(reply, 'errno');
  if (code !== 0)
    throw protocolError('frame.bad_value', 'the platform refused', { code, msg: String(reply['error']).slice(0, 200) });
  const { data } = reply;
  return { commandId: data === undefined || data === null ? null : textOf(objectOf(data, 'data'), 'uuid') };
}
