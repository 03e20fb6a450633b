import Type, { type Static } from 'typebox';
import { clockList, lostList, sessionList, sweepList } from './collection-lists.ts';
import { defineRoute, ROLES } from './route.ts';
import {
  Command,
  Id,
  Instant,
  MAX_LIST_ROWS,
  MeterKindSchema,
  Nullable,
  Origin,
  QuantityBase,
  SwitchState,
} from './schemas.ts';
import { CollectorFrame } from './wire.ts';

/*
 * The collector console: who is connected, how complete the readings are, and what a technician may ask and tell a meter.
 */
const watchers = ['admin', 'technician', 'auditor'] as const;
const technicians = ['admin', 'technician'] as const;
const inMarket = Type.Object({ marketId: Id });
const ofMeter = Type.Object({ marketId: Id, meterId: Id });
const OneOf = <const T extends readonly string[]>(values: readonly [...T]) => Type.Enum<[...T]>([...values]);

export const LinkName = OneOf(['acrel4g', 'acrelgw', 'dtu', 'mqtt', 'modbus_tcp', 'nb']);
export type LinkName = Static<typeof LinkName>;
const Search = Type.String({ maxLength: 64 });
const Offset = Type.Integer({ minimum: 0, maximum: 1_000_000 });
const Days = Type.Integer({ minimum: 1, maximum: 31 });
const Limit = Type.Integer({ minimum: 1, maximum: MAX_LIST_ROWS });

/** A meter as every list of this room names it. */
const meterFields = {
  meterId: Id,
  meterSerial: Type.String(),
  meterKind: MeterKindSchema,
  link: LinkName,
  linkKey: Type.String(),
  busAddress: Type.String(),
  stallId: Nullable(Id),
  stallCode: Nullable(Type.String()),
};

export const CollectorSession = Type.Object({
  link: LinkName,
  linkKey: Type.String(),
  /** Of the gateway, where there is one. */
  name: Nullable(Type.String()),
  remote: Type.String(),
  connectedForS: Type.Integer(),
  meters: Type.Array(
    Type.Object({
      meterId: Id,
      meterSerial: Type.String(),
      meterKind: MeterKindSchema,
      busAddress: Type.String(),
      stallCode: Nullable(Type.String()),
      /** When its last durable report came in over this connection. */
      lastReportAt: Nullable(Instant),
    }),
  ),
});
export type CollectorSession = Static<typeof CollectorSession>;

export const CollectorSessions = Type.Object({
  at: Instant,
  /** Of the whole market, whatever the list is filtered by. */
  summary: Type.Object({
    connections: Type.Integer(),
    meters: Type.Integer(),
    metersOnline: Type.Integer(),
    metersReachable: Type.Integer(),
    /** Silent for longer than two of their reading intervals. */
    metersLost: Type.Integer(),
    clockAlarms: Type.Integer(),
    framesTraced: Type.Integer(),
  }),
  /** How many fit the filter; the list is one page of them. */
  total: Type.Integer(),
  sessions: Type.Array(CollectorSession),
});
export type CollectorSessions = Static<typeof CollectorSessions>;

/** Of the readings that were due: when they came, or that they did not. inTime + late + backfilled + missed = due. */
const successFields = {
  due: Type.Integer(),
  inTime: Type.Integer(),
  late: Type.Integer(),
  backfilled: Type.Integer(),
  missed: Type.Integer(),
};

export const SweepSuccess = Type.Object({
  at: Instant,
  from: Instant,
  total: Type.Object(successFields),
  /** Newest first. Buildings of different intervals have slots of their own. */
  slots: Type.Array(Type.Object({ slotAt: Instant, intervalS: Type.Integer(), ...successFields })),
});
export type SweepSuccess = Static<typeof SweepSuccess>;

export const MeterSuccess = Type.Object({
  ...meterFields,
  intervalS: Type.Integer(),
  ...successFields,
  /** What is there of what was due, in hundredths of a percent: 10,000 is all of it. */
  completeBp: Type.Integer(),
});
export type MeterSuccess = Static<typeof MeterSuccess>;

export const LostMeter = Type.Object({
  ...meterFields,
  online: Type.Boolean(),
  /** Its last contact; null where it never called since it was installed. */
  since: Nullable(Instant),
  silentForS: Type.Integer(),
  intervalS: Type.Integer(),
  rssi: Nullable(Type.Integer()),
  iccid: Nullable(Type.String()),
  batteryLow: Nullable(Type.Boolean()),
  wakeExpectedAt: Nullable(Instant),
  lastReadAt: Nullable(Instant),
  lastValue: Nullable(QuantityBase),
});
export type LostMeter = Static<typeof LostMeter>;

export const MeterClock = Type.Object({
  ...meterFields,
  /** How far the meter's clock is ahead of ours; negative behind. */
  driftS: Type.Integer(),
  checkedAt: Instant,
  /** Beyond what is tolerated. */
  alarm: Type.Boolean(),
  /** Whether this meter's clock can be set from here. */
  canSet: Type.Boolean(),
  /** The last order to set it, and what became of it. */
  lastSync: Nullable(Type.Object({ at: Instant, state: Type.String() })),
});
export type MeterClock = Static<typeof MeterClock>;

export const ReadNowResult = Type.Object({
  /** `asleep`: it has no connection, and takes no question before it wakes. */
  outcome: OneOf(['read', 'no_answer', 'refused', 'bad_reply', 'not_connected', 'asleep']),
  /** What went wrong, in words; null when it was read. */
  problem: Nullable(Type.String()),
  at: Instant,
  tookMs: Type.Integer(),
  wakeExpectedAt: Nullable(Instant),
  reading: Nullable(
    Type.Object({
      readAt: Instant,
      /** After CT. */
      total: QuantityBase,
      tariffs: Nullable(Type.Array(Nullable(QuantityBase))),
      origin: Origin,
      switchState: Nullable(SwitchState),
      batteryLow: Nullable(Type.Boolean()),
      clockDriftS: Nullable(Type.Integer()),
      details: Type.Array(Type.Object({ name: Type.String(), value: Type.String(), unit: Type.String() })),
    }),
  ),
  /** Everything that went over the wire for it, in order. */
  frames: Type.Array(CollectorFrame),
});
export type ReadNowResult = Static<typeof ReadNowResult>;

const Price = Type.String({ pattern: '^\\d{1,4}(\\.\\d{1,6})?$', description: 'yuan per kWh or m³' });
const AlarmFen = Type.Integer({ minimum: 0, maximum: 99_999_999 });
const Reason = Type.String({ minLength: 2, maxLength: 200 });

/** What a meter is told beside its relay or valve. The clock takes no value: it is the time at which it is written. */
export const SettingOrder = Type.Union([
  Type.Object({ kind: OneOf(['keep_power']), value: Type.Object({ on: Type.Boolean() }), reason: Reason }),
  Type.Object({ kind: OneOf(['clock']), value: Type.Object({}), reason: Reason }),
  Type.Object({
    kind: OneOf(['price_table']),
    value: Type.Object({ prices: Type.Array(Price, { minItems: 1, maxItems: 5 }) }),
    reason: Reason,
  }),
  Type.Object({
    kind: OneOf(['alarm_amounts']),
    value: Type.Object({ alarm1Fen: AlarmFen, alarm2Fen: AlarmFen }),
    reason: Reason,
  }),
]);
export type SettingOrder = Static<typeof SettingOrder>;

export const MeterSettings = Type.Object({
  meterId: Id,
  /** The kinds this meter can be told. */
  supported: Type.Array(OneOf(['keep_power', 'clock', 'price_table', 'alarm_amounts'])),
  reachable: Type.Boolean(),
  clockDriftS: Nullable(Type.Integer()),
  clockCheckedAt: Nullable(Instant),
  /** Newest first; orders of the switch are not among them. */
  commands: Type.Array(Command),
});
export type MeterSettings = Static<typeof MeterSettings>;

export const collectionRoutes = {
  collectorSessions: defineRoute({
    method: 'GET',
    path: '/api/markets/:marketId/collector/sessions',
    summary: 'Connected devices and the meters behind them',
    roles: watchers,
    params: inMarket,
    query: Type.Object({
      search: Type.Optional(Search),
      link: Type.Optional(LinkName),
      offset: Type.Optional(Offset),
      limit: Type.Optional(Limit),
    }),
    response: CollectorSessions,
    list: sessionList,
  }),
  sweepSuccess: defineRoute({
    method: 'GET',
    path: '/api/markets/:marketId/collector/sweep',
    summary: 'How complete the scheduled readings are, by slot',
    roles: ROLES,
    scope: 'building',
    params: inMarket,
    query: Type.Object({
      hours: Type.Optional(Type.Integer({ minimum: 1, maximum: 168 })),
      link: Type.Optional(LinkName),
    }),
    response: SweepSuccess,
  }),
  sweepMeters: defineRoute({
    method: 'GET',
    path: '/api/markets/:marketId/collector/sweep/meters',
    summary: 'How complete the scheduled readings are, by meter, worst first',
    roles: ROLES,
    scope: 'building',
    params: inMarket,
    query: Type.Object({
      days: Type.Optional(Days),
      link: Type.Optional(LinkName),
      search: Type.Optional(Search),
      offset: Type.Optional(Offset),
      limit: Type.Optional(Limit),
    }),
    response: Type.Object({ at: Instant, from: Instant, total: Type.Integer(), meters: Type.Array(MeterSuccess) }),
    list: sweepList,
  }),
  lostContact: defineRoute({
    method: 'GET',
    path: '/api/markets/:marketId/collector/lost',
    summary: 'Meters that are silent for longer than two reading intervals, longest first',
    roles: ROLES,
    scope: 'building',
    params: inMarket,
    query: Type.Object({ offset: Type.Optional(Offset), limit: Type.Optional(Limit) }),
    response: Type.Object({ at: Instant, total: Type.Integer(), meters: Type.Array(LostMeter) }),
    list: lostList,
  }),
  meterClocks: defineRoute({
    method: 'GET',
    path: '/api/markets/:marketId/collector/clocks',
    summary: 'How far the meters’ clocks are off, worst first',
    roles: ROLES,
    scope: 'building',
    params: inMarket,
    query: Type.Object({
      alarm: Type.Optional(Type.Boolean()),
      offset: Type.Optional(Offset),
      limit: Type.Optional(Limit),
    }),
    response: Type.Object({
      at: Instant,
      alarmAboveS: Type.Integer(),
      total: Type.Integer(),
      meters: Type.Array(MeterClock),
    }),
    list: clockList,
  }),
  readNow: defineRoute({
    method: 'POST',
    path: '/api/markets/:marketId/meters/:meterId/read',
    summary: 'Read a meter by hand, now; recorded in the audit',
    roles: technicians,
    scope: 'building',
    params: ofMeter,
    body: Type.Object({ reason: Type.Optional(Type.String({ maxLength: 200 })) }),
    response: ReadNowResult,
  }),
  orderSetting: defineRoute({
    method: 'POST',
    path: '/api/markets/:marketId/meters/:meterId/settings',
    summary: 'Tell a meter a setting; it counts when the meter’s own read-back agrees',
    roles: technicians,
    scope: 'building',
    params: ofMeter,
    body: SettingOrder,
    response: Type.Object({ commandId: Id }),
  }),
  meterSettings: defineRoute({
    method: 'GET',
    path: '/api/markets/:marketId/meters/:meterId/settings',
    summary: 'What a meter can be told, and what it was told',
    roles: watchers,
    scope: 'building',
    params: ofMeter,
    response: MeterSettings,
  }),
} as const;
