import { toHex } from '@openprepay/kernel';
import { type CtwingPush, parsePush } from '../ctwing/push.ts';
import { isProtocolError } from '../errors.ts';
import { parseJson } from '../json.ts';
import { describeCjt188 } from './cjt188.ts';
import { type Description, describe, type Fields, plain } from './description.ts';

/** @param input JSON text, or its bytes in UTF-8 */
export function describeCtwing(input: Uint8Array | string): Description {
  const push = parsePush(parseJson(input));
  const { productId, deviceId } = push;
  const head = { kind: push.kind, productId, deviceId, at: push.at.toISOString() };
  const { what, fields, inner = [] } = contentsOf(push);
  return describe('ctwing', `device ${deviceId}: ${what}`, { ...head, ...fields }, inner);
}

function contentsOf(push: CtwingPush): { what: string; fields: Fields; inner?: readonly Description[] } {
  switch (push.kind) {
    case 'data': {
      const { imei, serviceId, payload, profile } = push;
      const fields = { imei, serviceId, payload: payload && toHex(payload), profile: profile && plain(profile) };
      return { what: payload ? `${payload.length} bytes` : 'values', fields, inner: payload ? innerOf(payload) : [] };
    }
    case 'online':
      return { what: push.online ? 'online' : 'offline', fields: { online: push.online, iccid: push.iccid } };
    case 'command_response': {
      const { taskId, resultCode, resultDetail, final } = push;
      return { what: `command ${taskId} ${resultCode}`, fields: { taskId, resultCode, resultDetail, final } };
    }
    case 'event':
      return {
        what: `event, ${push.level}`,
        fields: { level: push.level, serviceId: push.serviceId, content: plain(push.content) },
      };
  }
}

/** The payload belongs to the meter's maker; it is opened where it is CJ/T 188. */
function innerOf(payload: Uint8Array): readonly Description[] {
  try {
    return [describeCjt188(payload)];
  } catch (error) {
    if (!isProtocolError(error)) throw error;
    return [];
  }
}
