import { createHash } from 'node:crypto';
import type { NbPayload } from '@openprepay/protocols/nbcodec';
import { answerVerification, type OneNetPush, type PushSecrets, parseOneNetPush } from '@openprepay/protocols/onenet';
import { headendError } from '../../errors.ts';
import type { Fate, PlatformMessage } from '../platform.ts';
import type { Product } from '../products.ts';

/** One token is both the address's secret part and what the platform signs with; the key of an encrypted product is `masterKey`. */
const secretsOf = ({ pushToken, masterKey }: Product): PushSecrets => ({ token: pushToken, aesKey: masterKey || null });

/** What the platform wants back when the address is entered there. @throws headend.bad_push for a signature that is not ours */
export function verificationOf(query: unknown, { pushToken }: Product): string {
  const answer = answerVerification(query ?? {}, pushToken);
  if (answer === null) throw headendError('headend.bad_push', 'the signature is not of our token');
  return answer;
}

/** @throws frame.* */
export function onenetMessages(body: Uint8Array, product: Product): PlatformMessage[] {
  return parseOneNetPush(body, secretsOf(product)).map((push) => ({
    productId: product.productId,
    // What the platform numbers is printed nowhere; the IMEI is on the meter, and commands go to it.
    deviceId: push.imei ?? push.deviceId,
    at: push.at,
    key: keyOf(push),
    said: saidIn(push),
  }));
}

function saidIn(push: OneNetPush): PlatformMessage['said'] {
  switch (push.kind) {
    case 'data':
      return { kind: 'data', payload: payloadOf(push) };
    case 'online':
      return { kind: 'online', online: push.online, iccid: null };
    case 'command_response': {
      const code = push.result.toLowerCase();
      return { kind: 'command', ref: push.commandId ?? '', fate: fateBy(code), code };
    }
  }
}

/** A value that stands alone has the name of its stream. */
function payloadOf({ streamId, value }: Extract<OneNetPush, { kind: 'data' }>): NbPayload {
  if (value.kind === 'bytes') return value.bytes;
  const [name, ...others] = Object.keys(value.values);
  return name === 'value' && others.length === 0 ? { [streamId]: value.values['value'] } : value.values;
}

/** `confirm_status`: 0 is success, every other number a reason why not. */
function fateBy(code: string): Fate {
  if (code === '0' || code === 'success') return 'delivered';
  return code === 'unknown' ? 'waiting' : 'failed';
}

/** The platform sends a push again as it was. */
function keyOf(push: OneNetPush): string {
  const text = JSON.stringify(push, (_name, value: unknown) =>
    value instanceof Uint8Array ? Buffer.from(value).toString('hex') : value,
  );
  return createHash('sha256').update(text).digest('hex');
}
