import type {
  FrameFilter,
  Operator,
  RouteBody,
  RouteName,
  RouteParams,
  RouteQuery,
  RouteResponse,
  Routes,
} from '@openprepay/contract';
import type { Context } from './context.ts';
import type { EventStream } from './event-stream.ts';

/** One authorised, validated call of a route: a handler gets nothing it would have to check again. */
export interface Call<N extends RouteName> {
  readonly params: RouteParams<Routes[N]>;
  readonly query: RouteQuery<Routes[N]>;
  readonly body: RouteBody<Routes[N]>;
  /** Who calls: null only on public routes. */
  readonly operator: Routes[N]['roles'] extends 'public' ? Operator | null : Operator;
  /** The session cookie, for the identity room's own routes. */
  readonly cookie: { readonly value: string | null; set(token: string, expiresAt: Date): void; clear(): void };
  /** The address it came from. */
  readonly remote: string;
  readonly program: Program;
}

/** What the program says of itself. */
export interface Program {
  readonly version: string;
  /** Market minutes per real minute. */
  readonly clockSpeed: number;
}

export type Handler<N extends RouteName> = (ctx: Context, call: Call<N>) => Promise<RouteResponse<Routes[N]>>;

/** What the HTTP server asks of the rooms beside answering calls. */
export interface Services {
  /** Whose session a token is; null where it is nobody's, or over. */
  readonly operatorOf: (ctx: Context, token: string) => Promise<Operator | null>;
  /** Sends a market's grid and then its changes for as long as the stream is open; resolves after the grid. */
  readonly gridEvents: (ctx: Context, marketId: string, stream: EventStream) => Promise<void>;
  /** Sends a market's latest frames that fit and then those that pass, for as long as the stream is open. */
  readonly collectorFrameEvents: (
    ctx: Context,
    marketId: string,
    filter: FrameFilter,
    stream: EventStream,
  ) => Promise<void>;
}

/** A room's `routes.ts` exports some of these; together they must be all of the contract. */
export type Handlers = { readonly [N in RouteName]: Handler<N> } & Services;
