import { type Caller, type Route, type Scope, scopeOf } from '@openprepay/contract';
import { assert } from '@openprepay/kernel';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { Context } from './context.ts';
import type { Services } from './handlers.ts';
import { httpError } from './http-errors.ts';
import { placesIn } from './http-places.ts';

declare module 'fastify' {
  interface FastifyContextConfig {
    /** Whose rules hold for the route: who may call it, and for what. Every route below /api/ must say it. */
    like?: Route;
  }
  interface FastifyRequest {
    operator: Caller | null;
  }
}

export const SESSION_COOKIE = 'openprepay_session';

const SECURITY_HEADERS = {
  // Components set styles from script; scripts themselves come from here only.
  'content-security-policy':
    "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; font-src 'self' data:; " +
    "object-src 'none'; base-uri 'self'; form-action 'self'; frame-ancestors 'none'",
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
  'referrer-policy': 'no-referrer',
  'cross-origin-opener-policy': 'same-origin',
} as const;

type Gates = Pick<Services, 'operatorOf' | 'keyHolderOf' | 'isWithin'>;

/**
 * The one place where a call is let in: same origin, signed in or with a key, role and scope allowed by the contract. What is
 * outside the caller's scope and what there is not look alike to him.
 */
export function guard(app: FastifyInstance, ctx: Context, gates: Gates): void {
  app.decorateRequest('operator', null);
  app.addHook('onRoute', ({ url, config }) => {
    assert(!url.startsWith('/api/') || config?.like, `nobody said who may call ${url}`);
  });
  app.addHook('onRequest', async (request, reply) => {
    reply.headers(SECURITY_HEADERS);
    if (request.url.startsWith('/api/')) reply.header('cache-control', 'no-store');
    const key = keyIn(request);
    // A browser never sends a key by itself, so a page elsewhere cannot borrow one.
    if (key === null && changesSomething(request) && !isSameOrigin(request)) {
      throw httpError('http.cross_origin', 'calls that change something must come from this server’s own pages');
    }
    const { like } = request.routeOptions.config;
    if (like === undefined || like.roles === 'public') return;
    const token = request.cookies[SESSION_COOKIE];
    const caller = key !== null ? await gates.keyHolderOf(ctx, key) : token ? await gates.operatorOf(ctx, token) : null;
    if (!caller) throw httpError('http.not_signed_in', 'sign in first');
    if (key !== null && like.sessionOnly) throw httpError('http.session_only', 'this is for people, not for keys');
    requireRole(caller, like.roles);
    requireScope(caller, scopeOf(like), (request.params as Params).marketId);
    request.operator = caller;
  });
  // After validation, so that what is looked for is an id.
  app.addHook('preHandler', async ({ operator, params, body, routeOptions }) => {
    if (operator?.scope.kind !== 'buildings') return;
    const { marketId, ...named } = params as Params & Record<string, string>;
    if (marketId === undefined) return;
    const { operatorId, scope } = operator;
    const places = placesIn({ params: named, body, whole: routeOptions.config.like?.whole === true });
    if (places === null) throw outOfScope();
    if (Object.values(places).every(({ length }) => length === 0)) return;
    const who = { operatorId, buildingIds: scope.buildingIds };
    if (!(await gates.isWithin(ctx, marketId, who, places))) throw outOfScope();
  });
}

interface Params {
  readonly marketId?: string;
}

function requireRole(caller: Caller, roles: Exclude<Route['roles'], 'public'>): void {
  if (!roles.some((role) => role === caller.role)) {
    throw httpError('http.forbidden', `the role ${caller.role} may not do this`);
  }
}

function requireScope({ scope, mustFirst }: Caller, needed: Scope, marketId: string | undefined): void {
  if (needed === 'self') return;
  if (mustFirst === 'password') throw httpError('http.password_change_needed', 'choose a password of your own first');
  if (mustFirst === 'second_factor') throw httpError('http.second_factor_needed', 'set up a second factor first');
  if (scope.kind === 'group') return;
  if (needed === 'group') throw outOfScope();
  if (scope.kind === 'buildings' && needed !== 'building') throw outOfScope();
  const markets = scope.kind === 'markets' ? scope.marketIds : [scope.marketId];
  if (marketId !== undefined && !markets.includes(marketId)) throw outOfScope();
}

const outOfScope = () => httpError('http.out_of_scope', 'this is not among what you look after');

const BEARER = /^Bearer +(\S+)$/i;

/** The API key a call brings; null for one that brings none, and then its session counts. */
function keyIn({ headers: { authorization } }: FastifyRequest): string | null {
  if (authorization === undefined) return null;
  return BEARER.exec(authorization)?.[1] ?? '';
}

const changesSomething = ({ method }: FastifyRequest): boolean => !['GET', 'HEAD', 'OPTIONS'].includes(method);

/**
 * Browsers say where a call that changes something comes from; programs that are no browser say nothing, and have no
 * operator's cookie either.
 */
function isSameOrigin({ headers, host }: FastifyRequest): boolean {
  const site = headers['sec-fetch-site'];
  if (site !== undefined && site !== 'same-origin' && site !== 'none') return false;
  const { origin } = headers;
  if (origin === undefined) return true;
  return URL.canParse(origin) && new URL(origin).host === host;
}
