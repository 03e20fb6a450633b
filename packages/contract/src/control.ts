import Type, { type Static } from 'typebox';
import { defineRoute, ROLES } from './route.ts';
import { AmountFen, Id, Instant, Nullable, SwitchState } from './schemas.ts';

const inMarket = Type.Object({ marketId: Id });
const rulers = ['admin', 'manager'] as const;
const Nothing = Type.Null();

const StallTypeCode = Type.String({ minLength: 1, maxLength: 64 });
/** Null: every stall of the market. */
const ForStallType = Nullable(StallTypeCode);
const Day = Type.String({ format: 'date' });

/** 免断时段: hours of the week in which nothing is cut for its balance, by the market's wall clock. */
export const FriendlyHours = Type.Object({
  stallType: ForStallType,
  /** Days on which they begin, 0 = Sunday. */
  weekdays: Type.Array(Type.Integer({ minimum: 0, maximum: 6 }), { minItems: 1, maxItems: 7, uniqueItems: true }),
  from: Type.String({ pattern: '^([01]\\d|2[0-3]):[0-5]\\d$' }),
  /** Before `from`: they go on past midnight. */
  to: Type.String({ pattern: '^(([01]\\d|2[0-3]):[0-5]\\d|24:00)$' }),
});
export type FriendlyHours = Static<typeof FriendlyHours>;

/** Days of the market on which nothing is cut for its balance; the first and the last are holidays too. */
export const Holiday = Type.Object({
  stallType: ForStallType,
  name: Type.String({ minLength: 1, maxLength: 64 }),
  firstDay: Day,
  lastDay: Day,
});
export type Holiday = Static<typeof Holiday>;

export const CutCalendar = Type.Object({
  friendlyHours: Type.Array(Type.Object({ hoursId: Id, ...FriendlyHours.properties })),
  holidays: Type.Array(Type.Object({ holidayId: Id, ...Holiday.properties })),
  /** Types of stall that are never cut for their balance. */
  protectedTypes: Type.Array(StallTypeCode),
});
export type CutCalendar = Static<typeof CutCalendar>;

/** The rules of a switch decision in the order in which they are asked: the first that holds decides. */
export const SWITCH_RULES = [
  'safety_lockout',
  'forced_off',
  'forced_on',
  'not_open',
  'postpaid',
  'below_restore_minimum',
  'balance_available',
  'protected_stall',
  'friendly_hours',
  'holiday',
  'notice_not_delivered',
  'notice_waiting',
  'stale_data',
  'balance_used_up',
] as const;
const SwitchRule = Type.Enum([...SWITCH_RULES]);

/** `leave`: it stays as it is. */
const Decided = Type.Enum(['on', 'off', 'leave']);
const Wanted = Nullable(Type.Enum(['on', 'off']));

/** Named with their units: …Fen is money (left out for one whose business it is not), …S seconds, …At an instant, …Minute a minute of the day, …Day a date. */
export const WhyFacts = Type.Record(
  Type.String(),
  Nullable(Type.Union([Type.String(), Type.Integer(), Type.Boolean()])),
);
export type WhyFacts = Static<typeof WhyFacts>;

/** A time that something else was wanted of a meter, and why. */
const SwitchChange = Type.Object({
  at: Instant,
  wanted: Wanted,
  reason: Type.String(),
  operatorName: Nullable(Type.String()),
  /** What the account could use then; null to one whose business money is not, and so all amounts below. */
  availableFen: Nullable(AmountFen),
});

/** How it was at a past instant, by what was written down then. */
const SwitchPast = Type.Object({
  at: Instant,
  /** The change in force; null: nothing had ever been wanted of the meter. */
  change: Nullable(SwitchChange),
  /** The last order until then, and how far it had come. */
  order: Nullable(
    Type.Object({
      wanted: Type.Enum(['on', 'off']),
      createdAt: Instant,
      sentAt: Nullable(Instant),
      /** When the meter’s own read-back agreed. */
      confirmedAt: Nullable(Instant),
    }),
  ),
  /** Open notices of the account that had the stall then, mildest first. */
  notices: Type.Array(
    Type.Object({
      stage: Type.Enum(['low_balance', 'alarm_2', 'final']),
      deliveredAt: Nullable(Instant),
      balanceFen: Nullable(AmountFen),
    }),
  ),
});
export type SwitchPast = Static<typeof SwitchPast>;

/** Why a meter is on or off: every rule with what it looked at, and the last times that something else was wanted. */
export const SwitchWhy = Type.Object({
  at: Instant,
  /** What the rules ask for at this moment, and the one that decides. */
  decision: Decided,
  reason: SwitchRule,
  /** What is wanted of the meter; the sweep brings it in line with the decision. */
  wanted: Wanted,
  switchState: SwitchState,
  switchAt: Nullable(Instant),
  rules: Type.Array(
    Type.Object({
      rule: SwitchRule,
      /** The facts are what the rule is about. */
      holds: Type.Boolean(),
      /** It is the first that holds. */
      decides: Type.Boolean(),
      /** What it asks for where it decides. */
      wanted: Decided,
      facts: WhyFacts,
    }),
  ),
  /** Newest first. */
  changes: Type.Array(SwitchChange),
  /** Where a past instant was asked for. */
  past: Nullable(SwitchPast),
});
export type SwitchWhy = Static<typeof SwitchWhy>;

const LARGEST_ALARM_FEN = 100_000_000;
const LONGEST_WAIT_S = 7 * 86_400;

/** The steps before a cut: alarm 1, alarm 2, and the final notice at zero with its waiting time. */
export const AlarmLadder = Type.Object({
  /** Alarm 1; below it a stall shows as low. */
  lowBalanceFen: Type.Integer({ minimum: 0, maximum: LARGEST_ALARM_FEN }),
  /** Below alarm 1; null: none. */
  alarm2Fen: Nullable(Type.Integer({ minimum: 1, maximum: LARGEST_ALARM_FEN })),
  /** How far above its amount an alarm is armed again. */
  rearmFen: Type.Integer({ minimum: 0, maximum: LARGEST_ALARM_FEN }),
  finalNoticeWaitS: Type.Integer({ minimum: 0, maximum: LONGEST_WAIT_S }),
});
export type AlarmLadder = Static<typeof AlarmLadder>;

const LARGEST_MINIMUM_FEN = 100_000_000;
const LONGEST_STALE_S = 30 * 86_400;

/** When supply comes back and how fast, on how old data it is still cut, and what becomes of a stall without an account. */
export const SwitchingRules = Type.Object({
  /** After a cut, so much must be available. */
  restoreMinimumFen: Type.Integer({ minimum: 1, maximum: LARGEST_MINIMUM_FEN }),
  /** So many relays close a second where many are to, so that the main breaker holds; null: all at once. */
  reclosePerS: Nullable(Type.Integer({ minimum: 1, maximum: 1_000 })),
  /** A switch that is not confirmed by then is given up, and a person told; longer than a valve sleeps. */
  commandLimitS: Type.Integer({ minimum: 600, maximum: LONGEST_STALE_S }),
  /** A meter whose last good reading is older is not cut. */
  staleAfterS: Type.Integer({ minimum: 60, maximum: LONGEST_STALE_S }),
  notOpenIsOff: Type.Boolean(),
});
export type SwitchingRules = Static<typeof SwitchingRules>;

const Reason = Type.String({ minLength: 2, maxLength: 200 });
const ofMeter = Type.Object({ marketId: Id, meterId: Id });

/** The site's own emergency cut: fire, flood. Null while there is none. */
export const SiteEmergency = Type.Object({
  emergency: Nullable(
    Type.Object({ emergencyId: Id, reason: Type.String(), cutByName: Nullable(Type.String()), cutAt: Instant }),
  ),
  /** Meters that something is wanted of. */
  meters: Type.Integer(),
  /** Those of them that say they are off. */
  off: Type.Integer(),
});
export type SiteEmergency = Static<typeof SiteEmergency>;

/** confirmation: the market's name, typed out. */
const EmergencyOrder = Type.Object({ reason: Reason, confirmation: Type.String({ maxLength: 200 }) });

export const controlRoutes = {
  lockOut: defineRoute({
    method: 'POST',
    path: '/api/markets/:marketId/meters/:meterId/lockout',
    summary: 'Safety lock-out: off, whatever balance and overrides say, until somebody lifts it',
    roles: ['admin', 'manager', 'technician'],
    scope: 'building',
    params: ofMeter,
    body: Type.Object({ reason: Reason }),
    response: Nothing,
  }),
  liftLockout: defineRoute({
    method: 'POST',
    path: '/api/markets/:marketId/meters/:meterId/lockout/lift',
    summary: 'Lift a safety lock-out; the meter goes back to what its rules say',
    roles: rulers,
    scope: 'building',
    params: ofMeter,
    body: Type.Object({ reason: Reason }),
    response: Nothing,
  }),
  siteEmergency: defineRoute({
    method: 'GET',
    path: '/api/markets/:marketId/emergency',
    summary: 'Whether the whole site is cut for an emergency, and how far that is',
    roles: ROLES,
    scope: 'building',
    params: inMarket,
    response: SiteEmergency,
  }),
  cutSite: defineRoute({
    method: 'POST',
    path: '/api/markets/:marketId/emergency',
    summary:
      'Emergency: every relay and valve of the site off at once; needs the market’s name typed out, no second person',
    roles: rulers,
    params: inMarket,
    body: EmergencyOrder,
    response: Nothing,
  }),
  restoreSite: defineRoute({
    method: 'POST',
    path: '/api/markets/:marketId/emergency/lift',
    summary: 'The emergency is over: every meter goes back to what its rules say',
    roles: rulers,
    params: inMarket,
    body: EmergencyOrder,
    response: Nothing,
  }),
  alarmLadder: defineRoute({
    method: 'GET',
    path: '/api/markets/:marketId/alarm-ladder',
    summary: 'At which amounts a market warns, and how long it waits after the final notice',
    roles: ROLES,
    scope: 'building',
    params: inMarket,
    response: AlarmLadder,
  }),
  setAlarmLadder: defineRoute({
    method: 'PUT',
    path: '/api/markets/:marketId/alarm-ladder',
    summary: 'Set the amounts at which a market warns, and the waiting time',
    roles: rulers,
    params: inMarket,
    body: AlarmLadder,
    response: Nothing,
  }),
  switchingRules: defineRoute({
    method: 'GET',
    path: '/api/markets/:marketId/switching-rules',
    summary: 'The restore minimum, how fast relays close again, how old data may be, and stalls without an account',
    roles: ROLES,
    scope: 'building',
    params: inMarket,
    response: SwitchingRules,
  }),
  setSwitchingRules: defineRoute({
    method: 'PUT',
    path: '/api/markets/:marketId/switching-rules',
    summary: 'Set the restore minimum, the rate of reclosing, the age of data and what stalls without an account are',
    roles: rulers,
    params: inMarket,
    body: SwitchingRules,
    response: Nothing,
  }),
  switchWhy: defineRoute({
    method: 'GET',
    path: '/api/markets/:marketId/meters/:meterId/why',
    summary: 'Why a meter is on or off: every rule in its order, and the last changes; with at, why it was so then',
    roles: ROLES,
    scope: 'building',
    params: Type.Object({ marketId: Id, meterId: Id }),
    query: Type.Object({ at: Type.Optional(Instant) }),
    response: SwitchWhy,
  }),
  cutCalendar: defineRoute({
    method: 'GET',
    path: '/api/markets/:marketId/cut-calendar',
    summary: 'Friendly hours, holidays and protected types of stall: when and what is not cut',
    roles: ROLES,
    scope: 'building',
    params: inMarket,
    response: CutCalendar,
  }),
  putFriendlyHours: defineRoute({
    method: 'PUT',
    path: '/api/markets/:marketId/cut-calendar/friendly-hours/:hoursId',
    summary: 'Set friendly hours, under an id that the caller makes',
    roles: rulers,
    params: Type.Object({ marketId: Id, hoursId: Id }),
    body: FriendlyHours,
    response: Nothing,
  }),
  deleteFriendlyHours: defineRoute({
    method: 'DELETE',
    path: '/api/markets/:marketId/cut-calendar/friendly-hours/:hoursId',
    summary: 'Take friendly hours away',
    roles: rulers,
    params: Type.Object({ marketId: Id, hoursId: Id }),
    response: Nothing,
  }),
  putHoliday: defineRoute({
    method: 'PUT',
    path: '/api/markets/:marketId/cut-calendar/holidays/:holidayId',
    summary: 'Set a holiday, under an id that the caller makes',
    roles: rulers,
    params: Type.Object({ marketId: Id, holidayId: Id }),
    body: Holiday,
    response: Nothing,
  }),
  deleteHoliday: defineRoute({
    method: 'DELETE',
    path: '/api/markets/:marketId/cut-calendar/holidays/:holidayId',
    summary: 'Take a holiday away',
    roles: rulers,
    params: Type.Object({ marketId: Id, holidayId: Id }),
    response: Nothing,
  }),
  protectStallType: defineRoute({
    method: 'PUT',
    path: '/api/markets/:marketId/cut-calendar/protected-types/:stallType',
    summary: 'Never cut stalls of a type for their balance',
    roles: rulers,
    params: Type.Object({ marketId: Id, stallType: StallTypeCode }),
    response: Nothing,
  }),
  unprotectStallType: defineRoute({
    method: 'DELETE',
    path: '/api/markets/:marketId/cut-calendar/protected-types/:stallType',
    summary: 'Cut stalls of a type like others',
    roles: rulers,
    params: Type.Object({ marketId: Id, stallType: StallTypeCode }),
    response: Nothing,
  }),
} as const;
