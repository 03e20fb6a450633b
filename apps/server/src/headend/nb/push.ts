import { isIP } from 'node:net';
import { OpenPrepayError } from '@openprepay/kernel';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { headendError } from '../errors.ts';
import type { Stats } from '../stats.ts';
import { acceptMessage, type NbDoor } from './accept.ts';
import { verificationOf } from './onenet/messages.ts';
import type { PlatformMessage } from './platform.ts';
import { platformOf } from './platforms.ts';
import { type PlatformName, type Product, Products } from './products.ts';
import { Recent } from './recent.ts';
import { WakeTimes } from './wake.ts';

const MAX_BODY_BYTES = 256 * 1024;
const MAX_MESSAGES = 1_000;

type PushRequest = { Params: { token: string } };

/**
 * Adds the addresses that NB platforms push to: `POST /push/ctwing/:token` and `POST /push/onenet/:token`, with the GET by
 * which OneNET proves the latter. The path is the secret, the caller's address (the socket's, or the one a proxy on this
 * machine tells) must be on the product's list, and 200 is said only when everything in the push is durable: on any
 * other answer the platform sends it again. Refusals are problem documents, and are counted.
 */
export function registerNbPush(app: FastifyInstance, env: Pick<NbDoor, 'ctx' | 'stats' | 'reports' | 'trace'>): void {
  const { ctx, stats } = env;
  const door: NbDoor = { ...env, recent: new Recent(), wakes: new WakeTimes(ctx.db) };
  const products = new Products(ctx.db);

  const accept = (platform: PlatformName) => async (request: FastifyRequest<PushRequest>) => {
    const product = await authorise(products, platform, request);
    await storeAll(door, product, messagesOf(request.body, product), request.ip);
    return { code: 0 };
  };
  void app.register(async (scope) => {
    scope.removeAllContentTypeParsers();
    scope.addContentTypeParser('*', { parseAs: 'buffer', bodyLimit: MAX_BODY_BYTES }, (_request, body, done) =>
      done(null, body),
    );
    scope.setErrorHandler((error, request, reply) => refuse(stats, error, request, reply));
    const options = { bodyLimit: MAX_BODY_BYTES };
    scope.post<PushRequest>('/push/ctwing/:token', options, accept('ctwing'));
    scope.post<PushRequest>('/push/onenet/:token', options, accept('onenet'));
    scope.get<PushRequest>('/push/onenet/:token', async (request, reply) => {
      const product = await authorise(products, 'onenet', request);
      return reply.type('text/plain').send(verificationOf(request.query, product));
    });
  });
}

async function authorise(
  products: Products,
  platform: PlatformName,
  request: FastifyRequest<PushRequest>,
): Promise<Product> {
  const product = await products.byToken(platform, request.params.token);
  if (!product) throw headendError('headend.unknown_push_address', 'not found');
  if (!isAllowed(product, request.ip)) {
    throw headendError('headend.source_not_allowed', 'this address may not push', { source: request.ip });
  }
  return product;
}

function isAllowed({ allowedSources }: Product, source: string): boolean {
  if (allowedSources.length === 0) return true;
  const plain = source.replace(/^::ffff:/, '');
  return allowedSources.some((allowed) => allowed === source || (isIP(plain) === 4 && allowed === plain));
}

/** In the order of the platform's own times. */
function messagesOf(body: unknown, product: Product): PlatformMessage[] {
  const messages = platformOf(product.platform).messagesOf(Buffer.isBuffer(body) ? body : Buffer.alloc(0), product);
  if (messages.length === 0 || messages.length > MAX_MESSAGES) {
    throw headendError('headend.bad_push', `1 to ${MAX_MESSAGES} messages, got ${messages.length}`);
  }
  return messages.sort((a, b) => a.at.getTime() - b.at.getTime());
}

/** Those of one device in their order; what one of them says may depend on the one before. */
async function storeAll(door: NbDoor, product: Product, messages: readonly PlatformMessage[], remote: string) {
  const byDevice = Map.groupBy(messages, (message) => message.deviceId);
  try {
    await Promise.all(
      [...byDevice.values()].map(async (ofDevice) => {
        for (const message of ofDevice) await acceptMessage(door, product, message, remote);
      }),
    );
  } catch (error) {
    door.ctx.log.error({ err: error }, 'an NB push could not be stored; the platform sends it again');
    throw headendError('headend.not_durable', 'not stored; send it again');
  }
}

function refuse(stats: Stats, error: unknown, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  const known = asKnown(error);
  const detail = { code: known.code, source: request.ip, details: known.details };
  stats.trouble('nb_pushes_refused', detail, 'an NB push was refused');
  const { status, code, message } = known;
  return reply
    .code(status)
    .type('application/problem+json')
    .send({ type: 'about:blank', title: message, status, code });
}

function asKnown(error: unknown): OpenPrepayError {
  if (error instanceof OpenPrepayError) return error;
  const { code, statusCode } = (error ?? {}) as { code?: string; statusCode?: number };
  if (code === 'FST_ERR_CTP_BODY_TOO_LARGE') {
    return headendError('headend.push_too_large', `a push has at most ${MAX_BODY_BYTES} bytes`);
  }
  if (statusCode !== undefined && statusCode >= 400 && statusCode < 500) {
    return headendError('headend.bad_push', 'the request is not a push', { reason: code });
  }
  return headendError('headend.not_durable', 'not stored; send it again', { reason: String(error) });
}
