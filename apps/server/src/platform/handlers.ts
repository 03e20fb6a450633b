import type {
  Caller,
  FrameFilter,
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
  readonly operator: Routes[N]['roles'] extends 'public' ? Caller | null : Caller;
  /**
   * The buildings the caller is bound to, null for the whole market: on a route of scope `building` what the path names is in
   * them already, and a list holds nothing outside.
   */
  readonly buildingIds: readonly string[] | null;
  /** The session cookie, for the identity room's own routes. */
  readonly cookie: SecretCookie;
  /** Tells the browser in which somebody began to sign in elsewhere from every other. */
  readonly attemptCookie: SecretCookie;
  /** The address the browser sees this server at, for example https://market.example. */
  readonly origin: string;
  /** The address it came from. */
  readonly remote: string;
  readonly program: Program;
}

/** A token that the browser keeps, and that no script and no other site gets at. */
export interface SecretCookie {
  readonly value: string | null;
  set(token: string, expiresAt: Date): void;
  clear(): void;
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
  readonly operatorOf: (ctx: Context, token: string) => Promise<Caller | null>;
  /** The operator that an API key is; null where it is none, expired, revoked, or more than its maker may now. */
  readonly keyHolderOf: (ctx: Context, key: string) => Promise<Caller | null>;
  /** Whether all that a call names is in one of the caller's buildings. What there is not is in none. */
  readonly isWithin: (ctx: Context, marketId: string, who: BuildingCaller, places: PlaceIds) => Promise<boolean>;
  /** Puts on record that a list leaves the house as a file. */
  readonly noteExport: (ctx: Context, exported: Exported) => Promise<void>;
  /**
   * Sends a market's grid, or what of it the viewer sees, and then its changes for as long as the stream is open; resolves
   * after the grid.
   */
  readonly gridEvents: (ctx: Context, marketId: string, viewer: GridViewer, stream: EventStream) => Promise<void>;
  /** Sends a market's latest frames that fit and then those that pass, for as long as the stream is open. */
  readonly collectorFrameEvents: (
    ctx: Context,
    marketId: string,
    filter: FrameFilter,
    stream: EventStream,
  ) => Promise<void>;
}

/** A list that somebody took along as a file. */
export interface Exported {
  /** null for what belongs to no market. */
  readonly marketId: string | null;
  readonly operatorId: string;
  readonly list: RouteName;
  /** What was asked for, and how many rows came of it. */
  readonly asked: object;
}

export interface GridViewer {
  /** null for the whole market. */
  readonly buildingIds: readonly string[] | null;
  readonly seesMoney: boolean;
}

export interface BuildingCaller {
  readonly operatorId: string;
  readonly buildingIds: readonly string[];
}

/**
 * What a call may name that is in a building: a meter where it is bound now, an account where it has a stall now, or will have
 * one once it is opened, a transaction where its accounts are, a photo and a hold where their meter is. A shift is in its
 * cashier's.
 */
export interface PlaceIds {
  readonly stallIds: readonly string[];
  readonly meterIds: readonly string[];
  readonly accountIds: readonly string[];
  /** Those of them that must be in it with all their stalls. */
  readonly wholeAccountIds: readonly string[];
  /** In it too where there is no such account: it is about to be made. */
  readonly newAccountIds: readonly string[];
  readonly txIds: readonly string[];
  readonly photoIds: readonly string[];
  readonly holdIds: readonly string[];
  readonly shiftIds: readonly string[];
  readonly buildingIds: readonly string[];
}

/** A room's `routes.ts` exports some of these; together they must be all of the contract. */
export type Handlers = { readonly [N in RouteName]: Handler<N> } & Services;
