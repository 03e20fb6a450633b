import Type, { type Static } from 'typebox';
import { defineRoute, MONEY_ROLES, ROLES } from './route.ts';
import { AmountFen, Id, Instant, Nullable } from './schemas.ts';

const inMarket = Type.Object({ marketId: Id });
const rulers = ['admin', 'manager'] as const;
const Nothing = Type.Null();
const MOST_TIMES = 24;

/** How often the meters of a building are read, and up to when they are settled. */
export const BuildingTimes = Type.Object({
  readingIntervalS: Type.Integer({ minimum: 60, maximum: 604_800 }),
  settlementPeriod: Type.Enum(['each_reading', 'daily', 'weekly', 'monthly']),
  /** When a day of settlement ends, by the market's wall clock; none: at midnight. */
  settlementTimes: Type.Array(Type.String({ pattern: '^([01]\\d|2[0-3]):[0-5]\\d$' }), {
    maxItems: MOST_TIMES,
    uniqueItems: true,
  }),
});
export type BuildingTimes = Static<typeof BuildingTimes>;

const BuildingName = Type.String({ minLength: 1, maxLength: 80 });

export const Building = Type.Object({
  buildingId: Id,
  name: Type.String(),
  stalls: Type.Integer(),
  /** Bound to a stall of it now. */
  meters: Type.Integer(),
  ...BuildingTimes.properties,
});
export type Building = Static<typeof Building>;

const HOUR_S = 3_600;
const LONGEST_S = 90 * 86_400;

/** Charges by an average, for meters without data. */
export const ProvisionalRule = Type.Object({
  /** How long a meter is without a good reading before it is charged so; null: never. */
  afterS: Nullable(Type.Integer({ minimum: HOUR_S, maximum: LONGEST_S })),
});
export type ProvisionalRule = Static<typeof ProvisionalRule>;

/** What the utility purse holds by the books, and what it would hold if what was read were settled: posted − unsettled. */
export const BalanceEstimate = Type.Object({
  accountId: Id,
  at: Instant,
  postedFen: AmountFen,
  /** What good readings that are not settled yet will take; null where they cannot be priced. */
  unsettledFen: Nullable(AmountFen),
  estimatedFen: Nullable(AmountFen),
  /** Use is known up to then, of every meter in use; null where one was never read, or there is none. */
  dataAt: Nullable(Instant),
});
export type BalanceEstimate = Static<typeof BalanceEstimate>;

export const settlementRoutes = {
  balanceEstimate: defineRoute({
    method: 'GET',
    path: '/api/markets/:marketId/accounts/:accountId/balance-estimate',
    summary: 'The utility purse by the books, and as it would be if everything that was read were settled now',
    roles: MONEY_ROLES,
    scope: 'building',
    params: Type.Object({ marketId: Id, accountId: Id }),
    response: BalanceEstimate,
  }),
  buildings: defineRoute({
    method: 'GET',
    path: '/api/markets/:marketId/buildings',
    summary: 'The buildings of a market: how often their meters are read, and when they are settled',
    roles: ROLES,
    scope: 'building',
    params: inMarket,
    response: Type.Array(Building),
  }),
  createBuilding: defineRoute({
    method: 'POST',
    path: '/api/markets/:marketId/buildings',
    summary: 'Enter a building, under an id that the caller makes; sent again, it is the same building',
    roles: rulers,
    params: inMarket,
    body: Type.Object({ buildingId: Id, name: BuildingName, ...BuildingTimes.properties }),
    response: Nothing,
  }),
  renameBuilding: defineRoute({
    method: 'PUT',
    path: '/api/markets/:marketId/buildings/:buildingId/name',
    summary: 'Give a building another name',
    roles: rulers,
    scope: 'building',
    params: Type.Object({ marketId: Id, buildingId: Id }),
    body: Type.Object({ name: BuildingName }),
    response: Nothing,
  }),
  setBuildingTimes: defineRoute({
    method: 'PUT',
    path: '/api/markets/:marketId/buildings/:buildingId/times',
    summary: 'Set the reading interval, the settlement period and the settlement times of a building',
    roles: rulers,
    scope: 'building',
    params: Type.Object({ marketId: Id, buildingId: Id }),
    body: BuildingTimes,
    response: Nothing,
  }),
  provisionalRule: defineRoute({
    method: 'GET',
    path: '/api/markets/:marketId/provisional-rule',
    summary: 'After how long a meter without data is charged by its average',
    roles: ROLES,
    scope: 'building',
    params: inMarket,
    response: ProvisionalRule,
  }),
  setProvisionalRule: defineRoute({
    method: 'PUT',
    path: '/api/markets/:marketId/provisional-rule',
    summary: 'Set after how long a meter without data is charged by its average, or never',
    roles: rulers,
    params: inMarket,
    body: ProvisionalRule,
    response: Nothing,
  }),
} as const;
