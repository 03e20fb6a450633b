import { createHmac } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Clock } from '@openprepay/kernel';
import { type NbCommand, STATUS, type Status } from '../command-cache.ts';
import type { SiteNbProduct } from '../site.ts';

const OFFLINE_PATH = '/nbiot/offline';
/** `errno` other than 0. */
const REFUSED = { badRequest: 1, notAuthorised: 3, notFound: 12 } as const;
const RESOURCE_ID = 5750;
/** `send_status`, by what became of the command. */
const SEND_STATUS: Readonly<Record<Status, number>> = {
  [STATUS.saved]: 1,
  [STATUS.cancelled]: 2,
  [STATUS.sent]: 3,
  [STATUS.delivered]: 5,
  [STATUS.completed]: 5,
  [STATUS.failed]: 4,
};

export interface OnenetCommands {
  /** An error text refuses the command. */
  create(linkKey: string, payloadHex: string, ttlS: number): NbCommand | string;
  find(linkKey: string, id: number): NbCommand | undefined;
  cancel(linkKey: string, id: number): boolean;
}

export const isOnenetPath = (path: string): boolean => path.startsWith(OFFLINE_PATH);

interface Answer {
  readonly errno: number;
  readonly error: string;
  readonly data?: object;
}

const done = (data?: object): Answer => ({ errno: 0, error: 'succ', ...(data && { data }) });

/**
 * The cached commands of the NB-IoT suite: `POST /nbiot/offline` keeps one for a device, `GET …/history/{id}` says how it
 * stands, `PUT …/cancel/{id}` takes it back. Devices are named by their IMEI.
 */
export function answerOnenet(request: IncomingMessage, response: ServerResponse, asked: OnenetAsked): void {
  response.setHeader('content-type', 'application/json');
  response.end(JSON.stringify(answerTo(request, asked)));
}

export interface OnenetAsked {
  readonly url: URL;
  readonly body: string;
  readonly clock: Clock;
  readonly products: readonly SiteNbProduct[];
  readonly commands: OnenetCommands;
}

function answerTo(request: IncomingMessage, { url, body, clock, products, commands }: OnenetAsked): Answer {
  const product = products.find((one) => one.platform === 'onenet' && authorised(request, one, clock));
  if (!product) return { errno: REFUSED.notAuthorised, error: 'auth failed' };
  const linkKey = `${product.productId}/${url.searchParams.get('imei') ?? ''}`;
  const [, action, id] = /^\/nbiot\/offline(?:\/(history|cancel)\/(\d+))?$/.exec(url.pathname) ?? [];
  if (request.method === 'POST' && action === undefined) {
    const order = orderIn(url, body, clock);
    const command = order ? commands.create(linkKey, order.payloadHex, order.ttlS) : 'bad command';
    if (typeof command === 'string') return { errno: REFUSED.badRequest, error: command };
    return done({ uuid: String(command.id) });
  }
  const command = id === undefined ? undefined : commands.find(linkKey, Number(id));
  if (!command) return { errno: REFUSED.notFound, error: 'no such command' };
  if (action === 'history') return done({ uuid: id, send_status: SEND_STATUS[command.status] });
  return commands.cancel(linkKey, command.id) ? done() : { errno: REFUSED.badRequest, error: 'sent already' };
}

/** The product's master key itself, or a token signed with its access key: `version=…&res=…&et=…&method=…&sign=…`. */
function authorised(request: IncomingMessage, { appKey, appSecret }: SiteNbProduct, clock: Clock): boolean {
  if (appKey === '') return request.headers['api-key'] === appSecret;
  const token = new URLSearchParams(request.headers.authorization ?? '');
  const [version, res, et, method, sign] = ['version', 'res', 'et', 'method', 'sign'].map(
    (name) => token.get(name) ?? '',
  );
  if (res !== appKey || !/^(md5|sha1|sha256)$/.test(method ?? '')) return false;
  if (Number(et) * 1000 < clock.now().getTime()) return false;
  const text = [et, method, res, version].join('\n');
  return (
    createHmac(method ?? '', Buffer.from(appSecret, 'base64'))
      .update(text)
      .digest('base64') === sign
  );
}

/** Times are the platform's own, UTC+8. */
function orderIn(url: URL, body: string, clock: Clock): { payloadHex: string; ttlS: number } | null {
  const expiresMs = Date.parse(`${url.searchParams.get('expired_time') ?? ''}+08:00`);
  const ttlS = Math.floor((expiresMs - clock.now().getTime()) / 1000);
  let order: { data?: readonly { res_id?: unknown; val?: unknown }[] } | null;
  try {
    order = JSON.parse(body);
  } catch {
    return null;
  }
  const [written] = order?.data ?? [];
  const value = written?.res_id === RESOURCE_ID ? written.val : null;
  if (typeof value !== 'string' || !/^([0-9a-f]{2})+$/i.test(value) || !(ttlS > 0)) return null;
  return { payloadHex: value, ttlS };
}
