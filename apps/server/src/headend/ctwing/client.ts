import type { Clock } from '@openprepay/kernel';
import {
  type CommandReply,
  createCommandBody,
  NORTHBOUND,
  parseCommandReply,
  sign,
} from '@openprepay/protocols/ctwing';
import { headendError } from '../errors.ts';
import type { Product } from './products.ts';

export interface CommandOrder {
  readonly deviceId: string;
  readonly payloadHex: string;
  /** How long the platform keeps it for the sleeping device. */
  readonly ttlS: number;
}

/** The platform's northbound API, for one product. */
export interface CtwingClient {
  createCommand(order: CommandOrder): Promise<CommandReply>;
  queryCommand(deviceId: string, commandId: string): Promise<CommandReply>;
  /** Takes back a command that the device has not fetched. @throws headend.platform_refused when it is too late */
  cancelCommand(deviceId: string, commandId: string): Promise<void>;
}

const TIME_OUT_MS = 10_000;
const OPERATOR = 'openprepay';
const LEVEL = 1;

/** An offset this small is the way to the platform and back, not a clock. */
const OFFSET_WORTH_LEARNING_MS = 2_000;

interface Request {
  readonly call: { readonly method: string; readonly path: string; readonly version: string };
  readonly query?: Readonly<Record<string, string>>;
  readonly body?: string;
}

/**
 * Signs with business time. Where the platform refuses, its clock is asked: if ours is off, the offset is learned and
 * the call made once more.
 * @throws headend.platform_unreachable (no answer in 10 s, or no JSON), headend.platform_refused (with its code and message)
 */
export function createCtwingClient(product: Product, clock: Clock, send: typeof fetch = fetch): CtwingClient {
  let offsetMs = 0;

  const attempt = async <T>({ call, query = {}, body = '' }: Request, parse: (json: unknown) => T): Promise<T> => {
    const timestamp = clock.now().getTime() + offsetMs;
    const signed = { MasterKey: product.masterKey, ...query };
    const headers: Record<string, string> = {
      application: product.appKey,
      timestamp: String(timestamp),
      version: call.version,
      MasterKey: product.masterKey,
      signature: sign(product.appSecret, signed, body, { application: product.appKey, timestamp }),
    };
    if (body !== '') headers['content-type'] = 'application/json; charset=UTF-8';
    const search = Object.keys(query).length > 0 ? `?${new URLSearchParams(query)}` : '';
    const init: RequestInit = { method: call.method, headers, signal: AbortSignal.timeout(TIME_OUT_MS) };
    const response = await reach(() =>
      send(`${product.baseUrl}${call.path}${search}`, body === '' ? init : { ...init, body }),
    );
    const json: unknown = await reach(() => response.json());
    try {
      return parse(json);
    } catch (error) {
      throw headendError('headend.platform_refused', 'the platform refused the call', { reason: String(error), json });
    }
  };

  /** @returns whether our clock was off, so that another try is worth it */
  const learnOffset = async (): Promise<boolean> => {
    const { method, path, clockHeader } = NORTHBOUND.echo;
    const askedMs = clock.now().getTime();
    const response = await reach(() =>
      send(`${product.baseUrl}${path}`, { method, signal: AbortSignal.timeout(TIME_OUT_MS) }),
    );
    await response.arrayBuffer().catch(() => undefined);
    const theirsMs = Number(response.headers.get(clockHeader));
    if (!Number.isSafeInteger(theirsMs) || theirsMs <= 0) return false;
    const oursMs = (askedMs + clock.now().getTime()) / 2;
    const wasOff = Math.abs(theirsMs - oursMs - offsetMs) > OFFSET_WORTH_LEARNING_MS;
    if (wasOff) offsetMs = Math.round(theirsMs - oursMs);
    return wasOff;
  };

  const call = async <T>(request: Request, parse: (json: unknown) => T): Promise<T> => {
    try {
      return await attempt(request, parse);
    } catch (error) {
      const refused = (error as { code?: string }).code === 'headend.platform_refused';
      if (!refused || !(await learnOffset())) throw error;
      return attempt(request, parse);
    }
  };

  return {
    createCommand: (order) =>
      call(
        {
          call: NORTHBOUND.createCommand,
          body: createCommandBody({ ...order, productId: product.productId, operator: OPERATOR, level: LEVEL }),
        },
        parseCommandReply,
      ),
    queryCommand: (deviceId, commandId) =>
      call(
        { call: NORTHBOUND.queryCommand, query: { commandId, productId: product.productId, deviceId } },
        parseCommandReply,
      ),
    cancelCommand: (deviceId, commandId) =>
      call(
        {
          call: NORTHBOUND.cancelCommand,
          body: JSON.stringify({ commandId, deviceId, productId: Number(product.productId) }),
        },
        expectDone,
      ),
  };
}

function expectDone(json: unknown): void {
  const { code, msg } = (json ?? {}) as { code?: unknown; msg?: unknown };
  if (code !== 0) throw headendError('headend.platform_refused', String(msg).slice(0, 200), { code });
}

async function reach<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    const reason = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
    throw headendError('headend.platform_unreachable', 'the platform did not answer', { reason });
  }
}
