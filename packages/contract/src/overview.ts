import Type, { type Static } from 'typebox';
import { defineRoute, ROLES } from './route.ts';
import { AmountFen, Id, Instant, MeterKindSchema, Nullable, QuantityBase } from './schemas.ts';

/*
 * A market at a glance: today beside yesterday, and what waits for a person.
 */

const Count = Type.Integer({ minimum: 0 });

/** By hours of the market's day, from midnight; null for what is not over, or not known. */
const HoursOfUse = Type.Array(Type.Object({ today: Nullable(QuantityBase), yesterday: Nullable(QuantityBase) }));
const HoursOfMoney = Type.Array(Type.Object({ today: Nullable(AmountFen), yesterday: Nullable(AmountFen) }));

/** `yesterday` is up to the same time of day; within the present hour it is taken to be even. */
const DayOfUse = Type.Object({ today: QuantityBase, yesterday: QuantityBase, hours: HoursOfUse });

export const Overview = Type.Object({
  at: Instant,
  electricity: DayOfUse,
  water: DayOfUse,
  /** Paid at the counter, reversals taken off; null to one who sees some buildings only, or whose business money is not. */
  topUps: Nullable(Type.Object({ todayFen: AmountFen, yesterdayFen: AmountFen, count: Count, hours: HoursOfMoney })),
  online: Type.Object({
    meters: Count,
    metersOnline: Count,
    /** By hours of today, thousandths of the meters on the average of the hour; null where nobody looked. */
    hours: Type.Array(Nullable(Type.Integer({ minimum: 0, maximum: 1000 }))),
  }),
  /** Supply of the meters in service, by their own read-back. */
  supply: Type.Object({ on: Count, off: Count, fault: Count, unknown: Count }),
  /** Notices that are open, by their step of the ladder. */
  alarms: Type.Object({ low_balance: Count, alarm_2: Count, final: Count }),
  /** What waits for a person; null where it is not for the one who asks. */
  waiting: Type.Object({
    holds: Count,
    exceptions: Count,
    lostContact: Count,
    /** Accounts that are charged by an average until readings come. */
    provisional: Nullable(Count),
    approvals: Nullable(Count),
    unclaimed: Nullable(Count),
    /** Opened before today and not closed. */
    oldShifts: Nullable(Count),
  }),
});
export type Overview = Static<typeof Overview>;

/** How far a market is set up: what there is of each thing that a first sale needs. */
export const SetUp = Type.Object({
  buildings: Count,
  stalls: Count,
  /** At a stall. */
  meters: Count,
  /** Of those, the ones of which there is a good reading. */
  metersRead: Count,
  /** Kinds of meters at stalls that no price in force prices. */
  withoutPrice: Type.Array(MeterKindSchema),
  /** Whether a price may still be set by one person alone. */
  firstPrices: Type.Boolean(),
  /** Open ones. */
  accounts: Count,
  topUps: Count,
  /** Of a stall with an account: one whose meters are all on by their own read-back. */
  suppliedStallId: Nullable(Id),
  /** The stall that the first sale is best made for: with an account, else with a meter, else any. */
  firstStallId: Nullable(Id),
});
export type SetUp = Static<typeof SetUp>;

export const overviewRoutes = {
  setUp: defineRoute({
    method: 'GET',
    path: '/api/markets/:marketId/set-up',
    summary: 'How far a market is set up',
    roles: ['admin', 'manager'],
    params: Type.Object({ marketId: Id }),
    response: SetUp,
  }),
  overview: defineRoute({
    method: 'GET',
    path: '/api/markets/:marketId/overview',
    summary: 'Use, sales and online rate of today beside yesterday, alarms, and what waits for a person',
    roles: ROLES,
    scope: 'building',
    params: Type.Object({ marketId: Id }),
    response: Overview,
  }),
} as const;
