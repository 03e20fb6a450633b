import Type, { type Static } from 'typebox';
import { defineRoute, ROLES } from './route.ts';
import { Id, Nullable } from './schemas.ts';

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

export const Building = Type.Object({ buildingId: Id, name: Type.String(), ...BuildingTimes.properties });
export type Building = Static<typeof Building>;

const HOUR_S = 3_600;
const LONGEST_S = 90 * 86_400;

/** Charges by an average, for meters without data. */
export const ProvisionalRule = Type.Object({
  /** How long a meter is without a good reading before it is charged so; null: never. */
  afterS: Nullable(Type.Integer({ minimum: HOUR_S, maximum: LONGEST_S })),
});
export type ProvisionalRule = Static<typeof ProvisionalRule>;

export const settlementRoutes = {
  buildings: defineRoute({
    method: 'GET',
    path: '/api/markets/:marketId/buildings',
    summary: 'The buildings of a market: how often their meters are read, and when they are settled',
    roles: ROLES,
    params: inMarket,
    response: Type.Array(Building),
  }),
  setBuildingTimes: defineRoute({
    method: 'PUT',
    path: '/api/markets/:marketId/buildings/:buildingId/times',
    summary: 'Set the reading interval, the settlement period and the settlement times of a building',
    roles: rulers,
    params: Type.Object({ marketId: Id, buildingId: Id }),
    body: BuildingTimes,
    response: Nothing,
  }),
  provisionalRule: defineRoute({
    method: 'GET',
    path: '/api/markets/:marketId/provisional-rule',
    summary: 'After how long a meter without data is charged by its average',
    roles: ROLES,
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
