import { toHex } from '@openprepay/kernel';
import { protocolError } from '../errors.ts';
import { objectOf, parseJson, textOf } from '../json.ts';
import { decryptMessage, type OneNetPush, parseMessage } from '../onenet/push.ts';
import { describeLineBytes } from './attempt.ts';
import { type Description, describe, type Fields, plain } from './description.ts';

/**
 * The signature is not checked, since a description proves nothing.
 * @param input the body of a POST, or one message of it, as JSON text or its bytes
 * @param aesKey for the encrypted mode; without it the message is shown as encrypted
 */
export function describeOneNet(input: Uint8Array | string, aesKey: string | null): Description {
  const body = objectOf(parseJson(input), 'push');
  const encrypted = body['enc_msg'];
  if (typeof encrypted === 'string' && aesKey === null) {
    return describe('onenet', 'push: encrypted', { nonce: textOf(body, 'nonce'), encrypted });
  }
  const said = typeof encrypted === 'string' ? decryptMessage(encrypted, aesKey) : (body['msg'] ?? body);
  const message = typeof said === 'string' ? parseJson(said) : said;
  if (!Array.isArray(message)) return describePush(parseMessage(message));
  const [first, ...others] = message.map((one) => describePush(parseMessage(one)));
  if (!first) throw protocolError('frame.bad_payload', 'a push of no messages');
  if (others.length === 0) return first;
  return describe('onenet', `push: ${message.length} messages`, {}, [first, ...others]);
}

function describePush(push: OneNetPush): Description {
  const { deviceId, imei, at, kind } = push;
  const said = (what: string, fields: Fields, inner: readonly Description[] = []) =>
    describe('onenet', `device ${deviceId}: ${what}`, { kind, deviceId, imei, at: at.toISOString(), ...fields }, inner);
  switch (push.kind) {
    case 'online':
      return said(push.online ? 'online' : 'offline', { online: push.online });
    case 'command_response':
      return said(`command ${push.commandId ?? ''} ${push.result}`, { commandId: push.commandId, result: push.result });
    case 'data': {
      const { streamId, value } = push;
      if (value.kind === 'values') return said('values', { streamId, values: plain(value.values) });
      const { bytes } = value;
      return said(`${bytes.length} bytes`, { streamId, payload: toHex(bytes) }, describeLineBytes(bytes));
    }
  }
}
