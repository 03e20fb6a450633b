import { type CtwingPush, dedupeKey, parsePush } from '@openprepay/protocols/ctwing';
import { headendError } from '../../errors.ts';
import type { Fate, PlatformMessage } from '../platform.ts';
import type { Product } from '../products.ts';

const DELIVERED: readonly string[] = ['DELIVERED', 'COMPLETED', 'SUCCESS', 'SUCCESSFUL'];
const UNDERWAY: readonly string[] = ['SAVED', 'SENT'];

/** Of a push, or an array of them. @throws headend.bad_push, headend.wrong_product, frame.* */
export function ctwingMessages(body: Uint8Array, product: Product): PlatformMessage[] {
  const json = parseJson(body);
  const items: unknown[] = Array.isArray(json) ? json : [json];
  return items.map((item) => {
    const push = parsePush(item);
    const { productId, deviceId, at } = push;
    if (productId !== product.productId) {
      throw headendError('headend.wrong_product', 'the push is of another product', { productId });
    }
    return { productId, deviceId, at, key: dedupeKey(push), said: saidIn(push) };
  });
}

function parseJson(body: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder().decode(body));
  } catch {
    throw headendError('headend.bad_push', 'the body is not JSON');
  }
}

function saidIn(push: CtwingPush): PlatformMessage['said'] {
  switch (push.kind) {
    case 'data':
      return { kind: 'data', payload: push.payload ?? push.profile ?? {} };
    case 'online':
      return { kind: 'online', online: push.online, iccid: push.iccid };
    case 'command_response':
      return { kind: 'command', ref: push.taskId, fate: fateBy(push.resultCode), code: push.resultCode.toLowerCase() };
    case 'event':
      return { kind: 'event', code: push.level, content: push.content };
  }
}

function fateBy(resultCode: string): Fate {
  if (UNDERWAY.includes(resultCode)) return 'waiting';
  return DELIVERED.includes(resultCode) ? 'delivered' : 'failed';
}
