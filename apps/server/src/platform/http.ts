import cookie from '@fastify/cookie';
import { TypeBoxValidatorCompiler } from '@fastify/type-provider-typebox';
import {
  type Caller,
  collectorFramesPath,
  type FrameFilter,
  gridEventsPath,
  type Route,
  type RouteName,
  routes,
  seesMoney,
} from '@openprepay/contract';
import {
  type FastifyInstance,
  type FastifyReply,
  type FastifyRequest,
  fastify,
  type RouteHandlerMethod,
} from 'fastify';
import type { TSchema } from 'typebox';
import { Compile } from 'typebox/compile';
import type { Context } from './context.ts';
import { type EventStream, openEventStream } from './event-stream.ts';
import type { Call, GridViewer, Handler, Handlers, Program, SecretCookie } from './handlers.ts';
import { serveConsole } from './http-console.ts';
import { httpError, problemOf } from './http-errors.ts';
import { addExports } from './http-exports.ts';
import { guard, SESSION_COOKIE } from './http-guard.ts';

export interface HttpOptions extends Program {
  readonly handlers: Handlers;
  /** The built console, or null for the API alone. */
  readonly consoleDir: string | null;
}

const ATTEMPT_COOKIE = 'openprepay_sign_in';
const BODY_LIMIT = 1024 * 1024;
const REQUEST_TIMEOUT_MS = 30_000;
const MAX_STREAMS = 200;

/**
 * The HTTP server, not yet listening: every route of the contract, the live streams, the console. Other rooms may add
 * routes of their own outside /api/ before it listens.
 */
export async function buildHttp(ctx: Context, options: HttpOptions): Promise<FastifyInstance> {
  const app = fastify({
    bodyLimit: BODY_LIMIT,
    requestTimeout: REQUEST_TIMEOUT_MS,
    // Behind a reverse proxy of this machine the caller's address, host and scheme are the ones it tells.
    trustProxy: 'loopback',
    // Event streams never end by themselves.
    forceCloseConnections: true,
  });
  app.setValidatorCompiler<TSchema>(TypeBoxValidatorCompiler);
  app.setSerializerCompiler<TSchema>(({ schema }) => checkedAnswer(schema));
  app.setErrorHandler<Error>((error, request, reply) => {
    const problem = problemOf(error);
    if (problem.status >= 500) ctx.log.error({ err: error, method: request.method, url: request.url }, 'a call failed');
    return reply.code(problem.status).type('application/problem+json').serializer(JSON.stringify).send(problem);
  });
  await app.register(cookie);
  guard(app, ctx, options.handlers);
  for (const name of Object.keys(routes) as RouteName[]) addRoute(app, ctx, options, name);
  addStreams(app, ctx, options.handlers);
  addExports(app, ctx, options.handlers, (request, reply) => callOf(request, reply, options));
  await serveConsole(app, options.consoleDir);
  return app;
}

function addRoute(app: FastifyInstance, ctx: Context, options: HttpOptions, name: RouteName): void {
  const route: Route = routes[name];
  // Which route's parts a call carries is known to the contract and checked by its schemas, not by this loop.
  const handler = options.handlers[name] as Handler<RouteName>;
  const answerCall: RouteHandlerMethod = async (request, reply) => {
    const answer = await handler(ctx, callOf(request, reply, options) as Call<RouteName>);
    return answer === null ? reply.code(204).send() : answer;
  };
  app.route({
    method: route.method,
    url: route.path,
    bodyLimit: route.bodyLimitBytes ?? BODY_LIMIT,
    config: { like: route },
    schema: {
      ...(route.params && { params: route.params }),
      ...(route.query && { querystring: route.query }),
      ...(route.body && { body: route.body }),
      response: { 200: route.response },
    },
    handler: answerCall,
  });
}

function callOf(request: FastifyRequest, reply: FastifyReply, { version, clockSpeed }: Program) {
  return {
    params: request.params,
    query: request.query,
    body: request.body,
    operator: request.operator as Caller,
    buildingIds: buildingsOf(request),
    cookie: cookieOf(request, reply, SESSION_COOKIE, '/'),
    attemptCookie: cookieOf(request, reply, ATTEMPT_COOKIE, '/api/sign-in'),
    origin: `${request.protocol}://${request.host}`,
    remote: request.ip,
    program: { version, clockSpeed },
  };
}

function cookieOf(request: FastifyRequest, reply: FastifyReply, name: string, path: string): SecretCookie {
  const attributes = { path, httpOnly: true, sameSite: 'strict', secure: request.protocol === 'https' } as const;
  return {
    value: request.cookies[name] ?? null,
    set: (token, expires) => void reply.setCookie(name, token, { ...attributes, expires }),
    clear: () => void reply.clearCookie(name, attributes),
  };
}

/** The event streams: each guarded, and asked, like the route whose changes it sends. */
function addStreams(app: FastifyInstance, ctx: Context, handlers: Handlers): void {
  let streams = 0;
  const add = (path: string, like: Route, feed: (asked: Asked, stream: EventStream) => Promise<void>) => {
    const handler: RouteHandlerMethod = async (request, reply) => {
      if (streams >= MAX_STREAMS) throw httpError('http.too_many_streams', 'too many pages are watching');
      const { marketId } = request.params as { marketId: string };
      streams += 1;
      reply.raw.once('close', () => {
        streams -= 1;
      });
      const { role } = request.operator as Caller;
      const viewer = { buildingIds: buildingsOf(request), seesMoney: seesMoney(role) };
      const asked = { marketId, viewer, query: request.query as FrameFilter };
      await feed(asked, openEventStream(reply));
    };
    const schema = { params: like.params, ...(like.query && { querystring: like.query }) };
    app.get(path, { config: { like }, schema }, handler);
  };
  add(gridEventsPath, routes.grid, ({ marketId, viewer }, stream) =>
    handlers.gridEvents(ctx, marketId, viewer, stream),
  );
  add(collectorFramesPath, routes.collectorFrames, ({ marketId, query }, stream) =>
    handlers.collectorFrameEvents(ctx, marketId, query, stream),
  );
}

const buildingsOf = ({ operator }: FastifyRequest) =>
  operator?.scope.kind === 'buildings' ? operator.scope.buildingIds : null;

interface Asked {
  readonly marketId: string;
  readonly viewer: GridViewer;
  readonly query: FrameFilter;
}

/** An answer leaves only in the shape the contract promises: nothing missing, and nothing more than it says. */
function checkedAnswer(schema: TSchema): (answer: unknown) => string {
  const validator = Compile(schema);
  return (answer) => {
    if (!validator.Check(answer)) {
      const [first] = validator.Errors(answer);
      throw httpError('http.bad_answer', `the answer breaks the contract: ${first?.instancePath} ${first?.message}`);
    }
    return JSON.stringify(validator.Clean(answer));
  };
}
