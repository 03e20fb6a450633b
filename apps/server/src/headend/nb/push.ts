import { isIP } from 'node:net';
import { OpenPrepayError } from '@openprepay/kernel';
import { type CtwingPush, parsePush } from '@openprepay/protocols/ctwing';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Context } from '../../platform/context.ts';
import { intake as storeReports } from '../../readings/index.ts';
import { headendError } from '../errors.ts';
import { createReportQueue, type Intake } from '../report-queue.ts';
import { createStats, type Stats } from '../stats.ts';
import { acceptPush, type CtwingDoor } from './accept.ts';
import { type Product, Products } from './products.ts';
import { Recent } from './recent.ts';
import { WakeTimes } from './wake.ts';

const MAX_BODY_BYTES = 256 * 1024;
const MAX_PUSHES = 1_000;

/**
 * Adds `POST /push/ctwing/:token`, where the platform delivers what NB meters report. The path is the secret, the caller's
 * address (the socket's, or the one a proxy on this machine tells) must be on the product's list, and 200 is said only when everything in the push is durable: on any
 * other answer the platform sends it again. Refusals are problem documents, and are counted.
 */
export function registerCtwingPush(
  app: FastifyInstance,
  ctx: Context,
  { intake = (batch) => storeReports(ctx.db, batch) }: { intake?: Intake } = {},
): { stats: Stats } {
  const stats = createStats(ctx.log);
  const reports = createReportQueue({
    intake,
    onFailure: (err, count) =>
      stats.trouble('intake_failed', { err, reports: count }, 'NB reports could not be stored'),
  });
  const door: CtwingDoor = { ctx, stats, reports, recent: new Recent(), wakes: new WakeTimes(ctx.db) };
  const products = new Products(ctx.db);

  void app.register(async (scope) => {
    scope.removeAllContentTypeParsers();
    scope.addContentTypeParser('*', { parseAs: 'buffer', bodyLimit: MAX_BODY_BYTES }, (_request, body, done) =>
      done(null, body),
    );
    scope.setErrorHandler((error, request, reply) => refuse(stats, error, request, reply));
    scope.post<{ Params: { token: string } }>('/push/ctwing/:token', { bodyLimit: MAX_BODY_BYTES }, async (request) => {
      const product = await authorise(products, request.params.token, request.ip);
      const pushes = parseBody(request.body, product);
      await storeAll(door, pushes, request.ip);
      return { code: 0 };
    });
  });
  return { stats };
}

async function authorise(products: Products, token: string, source: string): Promise<Product> {
  const product = await products.byToken(token);
  if (!product) throw headendError('headend.unknown_push_address', 'not found');
  if (!isAllowed(product, source)) {
    throw headendError('headend.source_not_allowed', 'this address may not push', { source });
  }
  return product;
}

function isAllowed({ allowedSources }: Product, source: string): boolean {
  if (allowedSources.length === 0) return true;
  const plain = source.replace(/^::ffff:/, '');
  return allowedSources.some((allowed) => allowed === source || (isIP(plain) === 4 && allowed === plain));
}

/** One push or an array of them. */
function parseBody(body: unknown, product: Product): CtwingPush[] {
  const json = parseJson(body);
  const items: unknown[] = Array.isArray(json) ? json : [json];
  if (items.length === 0 || items.length > MAX_PUSHES) {
    throw headendError('headend.bad_push', `1 to ${MAX_PUSHES} pushes, got ${items.length}`);
  }
  return items.map((item) => {
    const push = parsePush(item);
    if (push.productId !== product.productId) {
      throw headendError('headend.wrong_product', 'the push is of another product', { productId: push.productId });
    }
    return push;
  });
}

function parseJson(body: unknown): unknown {
  try {
    return JSON.parse(Buffer.isBuffer(body) ? body.toString('utf8') : '');
  } catch {
    throw headendError('headend.bad_push', 'the body is not JSON');
  }
}

/** Those of one device in their order; what one of them says may depend on the one before. */
async function storeAll(door: CtwingDoor, pushes: readonly CtwingPush[], remote: string): Promise<void> {
  const byDevice = Map.groupBy(pushes, (push) => push.deviceId);
  try {
    await Promise.all(
      [...byDevice.values()].map(async (ofDevice) => {
        for (const push of ofDevice) await acceptPush(door, push, remote);
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
