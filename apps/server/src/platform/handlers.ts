import type {
  Operator,
  RouteBody,
  RouteName,
  RouteParams,
  RouteQuery,
  RouteResponse,
  Routes,
} from '@openprepay/contract';
import type { Context } from './context.ts';

/** One authorised, validated call of a route: a handler gets nothing it would have to check again. */
export interface Call<N extends RouteName> {
  readonly params: RouteParams<Routes[N]>;
  readonly query: RouteQuery<Routes[N]>;
  readonly body: RouteBody<Routes[N]>;
  /** Who calls: null only on public routes. */
  readonly operator: Routes[N]['roles'] extends 'public' ? Operator | null : Operator;
  /** The session cookie, for the identity room's own routes. */
  readonly cookie: { readonly value: string | null; set(token: string, expiresAt: Date): void; clear(): void };
}

export type Handler<N extends RouteName> = (ctx: Context, call: Call<N>) => Promise<RouteResponse<Routes[N]>>;

/** A room's `routes.ts` exports some of these; together they must be all of the contract. */
export type Handlers = { readonly [N in RouteName]: Handler<N> };
