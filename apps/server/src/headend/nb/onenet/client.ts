import { type Clock, toHex } from '@openprepay/kernel';
import { ONENET_NORTHBOUND, parseOneNetReply, signToken, writeLaterRequest } from '@openprepay/protocols/onenet';
import { headendError } from '../../errors.ts';
import type { Fate, PlatformClient } from '../platform.ts';
import type { Product } from '../products.ts';
import { reach, TIME_OUT_MS } from '../reach.ts';

const TOKEN_FOR_MS = 3_600_000;
/** A command must begin in the platform's future. */
const BEGINS_AFTER_MS = 10_000;
/** How one command stands; from the platform's public manual, like the numbers below. */
const HISTORY = { method: 'GET', path: '/nbiot/offline/history' } as const;

/** `send_status`. What the platform does not know of is waited for: the command's own expiry ends that. */
const FATES: Readonly<Record<number, readonly [Fate, string]>> = {
  1: ['waiting', 'waiting'],
  2: ['failed', 'cancelled'],
  3: ['waiting', 'sent'],
  4: ['failed', 'expired_on_platform'],
  5: ['delivered', 'delivered'],
  6: ['failed', 'failed'],
};

interface Request {
  readonly method: string;
  readonly path: string;
  readonly query: Readonly<Record<string, string>>;
  readonly body?: string;
}

/**
 * The cached commands of OneNET's NB-IoT suite, addressed by IMEI. With `appKey`, the resource of an access key
 * (`products/…`), calls carry a token signed with `appSecret`; without it `appSecret` is the product's master key itself.
 */
export function createOnenetClient(product: Product, clock: Clock, send: typeof fetch = fetch): PlatformClient {
  const call = async (request: Request): Promise<unknown> => {
    const headers: Record<string, string> = { ...authorization(product, clock.now()) };
    const init: RequestInit = { method: request.method, headers, signal: AbortSignal.timeout(TIME_OUT_MS) };
    if (request.body !== undefined) {
      headers['content-type'] = 'application/json';
      init.body = request.body;
    }
    const url = `${product.baseUrl}${request.path}?${new URLSearchParams(request.query)}`;
    return reach(async () => (await send(url, init)).json());
  };
  return {
    async create({ deviceId: imei, told, ttlS }) {
      if (told.kind !== 'bytes') throw headendError('headend.platform_refused', 'only bytes can be sent to a device');
      const now = clock.now().getTime();
      const order = {
        imei,
        payloadHex: toHex(told.bytes),
        validFrom: new Date(now + BEGINS_AFTER_MS),
        expires: new Date(now + BEGINS_AFTER_MS + ttlS * 1000),
      };
      const json = await call({ ...ONENET_NORTHBOUND.writeLater, ...writeLaterRequest(order) });
      const { commandId } = accepted(json, parseOneNetReply);
      if (commandId === null) throw headendError('headend.platform_refused', 'the platform gave the command no id');
      return commandId;
    },
    async fateOf(imei, uuid) {
      const path = `${HISTORY.path}/${encodeURIComponent(uuid)}`;
      const json = await call({ method: HISTORY.method, path, query: { imei } });
      accepted(json, parseOneNetReply);
      const status = Number((json as { data?: { send_status?: unknown } }).data?.send_status);
      const [fate, code] = FATES[status] ?? ['waiting', 'unknown'];
      return { fate, code };
    },
    async cancel(imei, uuid) {
      const { method, path } = ONENET_NORTHBOUND.cancel;
      const json = await call({ method, path: `${path}/${encodeURIComponent(uuid)}`, query: { imei } });
      accepted(json, parseOneNetReply);
    },
  };
}

function authorization({ appKey, appSecret }: Product, now: Date): Record<string, string> {
  if (appKey === '') return { 'api-key': appSecret };
  return { authorization: signToken(appSecret, { resource: appKey, expires: new Date(now.getTime() + TOKEN_FOR_MS) }) };
}

function accepted<T>(json: unknown, parse: (json: unknown) => T): T {
  try {
    return parse(json);
  } catch (error) {
    throw headendError('headend.platform_refused', 'the platform refused the call', { reason: String(error), json });
  }
}
