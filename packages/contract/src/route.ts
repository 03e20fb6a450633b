import type { Static, TSchema } from 'typebox';
import type { ListOf } from './list-export.ts';

export const ROLES = ['admin', 'manager', 'finance', 'cashier', 'technician', 'auditor'] as const;
export type Role = (typeof ROLES)[number];

/**
 * Whose business it is what tenants have, owe and are charged. A technician's it is not: routes that are about it refuse him,
 * and those that he needs for supply, meters and readings leave it out of what they answer him.
 */
export const MONEY_ROLES = ['admin', 'manager', 'finance', 'cashier', 'auditor'] as const satisfies readonly Role[];
export const seesMoney = (role: Role): boolean => MONEY_ROLES.some((one) => one === role);

/**
 * How much of the data a caller must be given to call a route. `group`: all of it. `market`: the market of the path, or some
 * whole market where it names none. `building`: a building too; what the path and the body name must be in one of his, and lists
 * hold no other. `self`: only the caller himself, so nothing.
 */
export const SCOPES = ['self', 'building', 'market', 'group'] as const;
export type Scope = (typeof SCOPES)[number];

/** One HTTP route, said once: server, console and OpenAPI follow from it. Every answer that is not 2xx is a Problem. */
export interface Route {
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE';
  /** Fastify notation; a route below `/api/markets/:marketId` is bound to that market. */
  readonly path: string;
  readonly summary: string;
  /** Who may call it. The server enforces this in one place. */
  readonly roles: readonly Role[] | 'public';
  /** Where nothing is said: `market` below a market, `group` elsewhere. */
  readonly scope?: Scope;
  /** The path's account must have all its stalls in the caller's buildings; one of them is enough where nothing is said. */
  readonly whole?: true;
  /** For people alone: an API key is refused. */
  readonly sessionOnly?: true;
  readonly params?: TSchema;
  readonly query?: TSchema;
  readonly body?: TSchema;
  /** The largest body in bytes; 1 MB where nothing is said. */
  readonly bodyLimitBytes?: number;
  readonly response: TSchema;
  /** Of a list. */
  readonly list?: ListOf;
}

export const scopeOf = ({ scope, path }: Route): Scope =>
  scope ?? (path.startsWith('/api/markets/:marketId/') ? 'market' : 'group');

export const defineRoute = <const R extends Route>(route: R): R => route;

type Part<R extends Route, K extends 'params' | 'query' | 'body'> = R[K] extends TSchema ? Static<R[K]> : undefined;

export type RouteParams<R extends Route> = Part<R, 'params'>;
export type RouteQuery<R extends Route> = Part<R, 'query'>;
export type RouteBody<R extends Route> = Part<R, 'body'>;
export type RouteResponse<R extends Route> = Static<R['response']>;
