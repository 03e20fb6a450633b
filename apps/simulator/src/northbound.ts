import { createHmac } from 'node:crypto';
import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import type { Clock } from '@openprepay/kernel';
import type { NbCommand } from './command-cache.ts';
import { answerOnenet, isOnenetPath, type OnenetCommands } from './nb/onenet-northbound.ts';
import type { SiteNbProduct } from './site.ts';

const BODY_LIMIT_BYTES = 64 * 1024;
const COMMAND_PATH = '/aep_device_command/command';
const VERSIONS = { create: '20190712225145', query: '20190712225241' } as const;

/** Answer codes other than 0. The platform answers them with HTTP 200. */
const REFUSED = { badRequest: 1001, badSignature: 1005, unknownApi: 1006, refused: 1500, notFound: 1501 } as const;

type Commands = OnenetCommands;

/**
 * The platform's northbound API for applications: `/echo` tells its time, `POST` and `GET /aep_device_command/command`
 * create and query a command. Written apart from the client in @openprepay/protocols, so that each checks the other.
 */
export function northbound(clock: Clock, products: readonly SiteNbProduct[], commands: Commands): RequestListener {
  return (request, response) => {
    void readBody(request).then(
      (body) => {
        const url = new URL(`http://platform${request.url}`);
        if (url.pathname === '/echo') {
          response.setHeader('x-ag-timestamp', String(clock.now().getTime()));
          reply(response, 0, 'ok');
        } else if (body === null) {
          reply(response, REFUSED.badRequest, 'body too large');
        } else if (isOnenetPath(url.pathname)) {
          answerOnenet(request, response, { url, body, clock, products, commands });
        } else if (url.pathname !== COMMAND_PATH) {
          reply(response, REFUSED.unknownApi, 'no such api');
        } else if (!signed(request, url, body, products)) {
          reply(response, REFUSED.badSignature, 'signature verification failed');
        } else if (request.method === 'POST' && request.headers['version'] === VERSIONS.create) {
          create(response, body, commands);
        } else if (request.method === 'GET' && request.headers['version'] === VERSIONS.query) {
          query(response, url, commands);
        } else {
          reply(response, REFUSED.unknownApi, 'no such api version');
        }
      },
      () => response.destroy(),
    );
  };
}

/** base64(HMAC-SHA1(secret, …)) over application, timestamp, MasterKey with the query in order of names, and body. */
export function signature(secret: string, head: SignedHead, query: URLSearchParams, body: string): string {
  const named = [['MasterKey', head.masterKey] as const, ...query];
  const lines = named.toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([name, value]) => `${name}:${value}\n`);
  const text = `application:${head.application}\ntimestamp:${head.timestamp}\n${lines.join('')}${body && `${body}\n`}`;
  return createHmac('sha1', secret).update(text).digest('base64');
}

interface SignedHead {
  readonly application: string;
  readonly timestamp: string;
  readonly masterKey: string;
}

function signed(request: IncomingMessage, url: URL, body: string, products: readonly SiteNbProduct[]): boolean {
  const header = (name: string) => String(request.headers[name] ?? '');
  const head = { application: header('application'), timestamp: header('timestamp'), masterKey: header('masterkey') };
  const product = products.find(({ appKey, masterKey }) => appKey === head.application && masterKey === head.masterKey);
  if (!product || !/^\d+$/.test(head.timestamp)) return false;
  return signature(product.appSecret, head, url.searchParams, body) === header('signature');
}

function create(response: ServerResponse, body: string, commands: Commands): void {
  const order = parseOrder(body);
  const command = order ? commands.create(order.linkKey, order.payloadHex, order.ttlS) : 'bad command body';
  if (typeof command === 'string') reply(response, order ? REFUSED.refused : REFUSED.badRequest, command);
  else reply(response, 0, 'ok', describe(command));
}

function query(response: ServerResponse, url: URL, commands: Commands): void {
  const asked = (name: string) => url.searchParams.get(name) ?? '';
  const command = commands.find(`${asked('productId')}/${asked('deviceId')}`, Number(asked('commandId')));
  if (command) reply(response, 0, 'ok', describe(command));
  else reply(response, REFUSED.notFound, 'command not found');
}

function describe(command: NbCommand): object {
  const [productId, deviceId] = command.deviceId.split('/');
  return {
    commandId: command.id,
    command: JSON.stringify({ payload: command.payloadHex, dataType: 2 }),
    commandStatus: command.status,
    productId: Number(productId),
    deviceId,
    createBy: 'api',
    createTime: command.createdMs,
  };
}

/** Only transparent commands in hexadecimal (dataType 2) suit these devices. */
function parseOrder(body: string): { linkKey: string; payloadHex: string; ttlS: number } | null {
  let order: { productId?: unknown; deviceId?: unknown; ttl?: unknown; content?: unknown } | null;
  try {
    order = JSON.parse(body);
  } catch {
    return null;
  }
  const content = order?.content as { payload?: unknown; dataType?: unknown } | null | undefined;
  const ttlS = Number(order?.ttl ?? 7200);
  const { payload, dataType } = content ?? {};
  if (dataType !== 2 || typeof payload !== 'string' || !/^([0-9a-f]{2})+$/i.test(payload)) return null;
  if (!Number.isInteger(ttlS) || ttlS < 0) return null;
  return { linkKey: `${order?.productId}/${order?.deviceId}`, payloadHex: payload, ttlS };
}

function reply(response: ServerResponse, code: number, msg: string, result?: object): void {
  response.setHeader('content-type', 'application/json;charset=UTF-8');
  response.end(JSON.stringify({ code, msg, ...(result && { result }) }));
}

/** Null when the body is larger than the platform takes. */
async function readBody(request: IncomingMessage): Promise<string | null> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request) {
    bytes += (chunk as Buffer).length;
    if (bytes > BODY_LIMIT_BYTES) return null;
    chunks.push(chunk as Buffer);
  }
  return Buffer.concat(chunks).toString('utf8');
}
