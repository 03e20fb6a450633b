import { type Clock, OpenPrepayError, toHex } from '@openprepay/kernel';
import {
  type CommandStatus,
  createCommandBody,
  NORTHBOUND,
  parseCommandReply,
  sign,
} from '@openprepay/protocols/ctwing';
import { headendError } from '../../errors.ts';
import type { Fate, PlatformClient } from '../platform.ts';
import type { Product } from '../products.ts';
import { reach, TIME_OUT_MS } from '../reach.ts';

const OPERATOR = 'openprepay';
const LEVEL = 1;

/** An offset this small is the way to the platform and back, not a clock. */
const OFFSET_WORTH_LEARNING_MS = 2_000;

interface Request {
  readonly call: { readonly method: string; readonly path: string; readonly version: string };
  readonly query?: Readonly<Record<string, string>>;
  readonly body?: string;
}

type Call = <T>(request: Request, parse: (json: unknown) => T) => Promise<T>;

const FATES: Readonly<Record<CommandStatus, Fate>> = {
  saved: 'waiting',
  sent: 'waiting',
  unknown: 'waiting',
  delivered: 'delivered',
  completed: 'delivered',
  cancelled: 'failed',
  failed: 'failed',
};

/**
 * Signs with business time. Where the platform refuses, its clock is asked: if ours is off, the offset is learned and
 * the call made once more.
 */
export function createCtwingClient(product: Product, clock: Clock, send: typeof fetch = fetch): PlatformClient {
  const call = signedCalls(product, clock, send);
  const { productId } = product;
  return {
    async create({ deviceId, told, ttlS }) {
      if (told.kind !== 'bytes') throw headendError('headend.platform_refused', 'only bytes can be sent to a product');
      const order = { deviceId, productId, payloadHex: toHex(told.bytes), ttlS, operator: OPERATOR, level: LEVEL };
      const body = createCommandBody(order);
      return (await call({ call: NORTHBOUND.createCommand, body }, parseCommandReply)).commandId;
    },
    async fateOf(deviceId, commandId) {
      const query = { commandId, productId, deviceId };
      const { status } = await call({ call: NORTHBOUND.queryCommand, query }, parseCommandReply);
      return { fate: FATES[status], code: status };
    },
    cancel(deviceId, commandId) {
      const body = JSON.stringify({ commandId, deviceId, productId: Number(productId) });
      return call({ call: NORTHBOUND.cancelCommand, body }, expectDone);
    },
  };
}

function signedCalls(product: Product, clock: Clock, send: typeof fetch): Call {
  let offsetMs = 0;
  const attempt: Call = async (request, parse) => {
    const json = await exchange(product, request, clock.now().getTime() + offsetMs, send);
    try {
      return parse(json);
    } catch (error) {
      throw headendError('headend.platform_refused', 'the platform refused the call', { reason: String(error), json });
    }
  };
  return async (request, parse) => {
    try {
      return await attempt(request, parse);
    } catch (error) {
      if (!(error instanceof OpenPrepayError) || error.code !== 'headend.platform_refused') throw error;
      const trueOffsetMs = await askOffset(product, clock, send);
      if (trueOffsetMs === null || Math.abs(trueOffsetMs - offsetMs) <= OFFSET_WORTH_LEARNING_MS) throw error;
      offsetMs = trueOffsetMs;
      return attempt(request, parse);
    }
  };
}

async function exchange(
  product: Product,
  { call, query = {}, body = '' }: Request,
  timestamp: number,
  send: typeof fetch,
): Promise<unknown> {
  const { appKey: application, appSecret, masterKey: MasterKey, baseUrl } = product;
  const headers: Record<string, string> = {
    application,
    timestamp: String(timestamp),
    version: call.version,
    MasterKey,
    signature: sign(appSecret, { MasterKey, ...query }, body, { application, timestamp }),
  };
  const init: RequestInit = { method: call.method, headers, signal: AbortSignal.timeout(TIME_OUT_MS) };
  if (body !== '') {
    headers['content-type'] = 'application/json; charset=UTF-8';
    init.body = body;
  }
  const search = Object.keys(query).length > 0 ? `?${new URLSearchParams(query)}` : '';
  return reach(async () => (await send(`${baseUrl}${call.path}${search}`, init)).json());
}

/** How far the platform's clock is ahead of ours; null when it does not say. */
async function askOffset(product: Product, clock: Clock, send: typeof fetch): Promise<number | null> {
  const { method, path, clockHeader } = NORTHBOUND.echo;
  const askedMs = clock.now().getTime();
  const theirsMs = await reach(async () => {
    const response = await send(`${product.baseUrl}${path}`, { method, signal: AbortSignal.timeout(TIME_OUT_MS) });
    await response.arrayBuffer();
    return Number(response.headers.get(clockHeader));
  });
  if (!Number.isSafeInteger(theirsMs) || theirsMs <= 0) return null;
  return Math.round(theirsMs - (askedMs + clock.now().getTime()) / 2);
}

function expectDone(json: unknown): void {
  const { code, msg } = (json ?? {}) as { code?: unknown; msg?: unknown };
  if (code !== 0) throw headendError('headend.platform_refused', String(msg).slice(0, 200), { code });
}
