import type { Operator, Route } from '@openprepay/contract';
import { assert } from '@openprepay/kernel';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { Context } from './context.ts';
import type { Services } from './handlers.ts';
import { httpError } from './http-errors.ts';

declare module 'fastify' {
  interface FastifyContextConfig {
    /** Who may call the route. Every route below /api/ must say it. */
    roles?: Route['roles'];
  }
  interface FastifyRequest {
    operator: Operator | null;
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

/** The one place where a call is let in: same origin, signed in, role allowed by the contract. */
export function guard(app: FastifyInstance, ctx: Context, operatorOf: Services['operatorOf']): void {
  app.decorateRequest('operator', null);
  app.addHook('onRoute', ({ url, config }) => {
    assert(!url.startsWith('/api/') || config?.roles, `nobody said who may call ${url}`);
  });
  app.addHook('onRequest', async (request, reply) => {
    reply.headers(SECURITY_HEADERS);
    if (request.url.startsWith('/api/')) reply.header('cache-control', 'no-store');
    if (changesSomething(request) && !isSameOrigin(request)) {
      throw httpError('http.cross_origin', 'calls that change something must come from this server’s own pages');
    }
    const { roles } = request.routeOptions.config;
    if (roles === undefined || roles === 'public') return;
    const token = request.cookies[SESSION_COOKIE];
    const operator = token ? await operatorOf(ctx, token) : null;
    if (!operator) throw httpError('http.not_signed_in', 'sign in first');
    if (!roles.some((role) => role === operator.role)) {
      throw httpError('http.forbidden', `the role ${operator.role} may not do this`);
    }
    request.operator = operator;
  });
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
