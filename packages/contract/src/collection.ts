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

/*
 * The collector console: who is connected, what goes over the wire, what went wrong, how complete the readings are, and
 * what a technician may ask and tell a meter.
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

/** A frame in words: `summary` is one line, `inner` are descriptions of the frames it carries, the rest are its fields. */
export const FrameDescription = Type.Object(
  { protocol: Type.String(), summary: Type.String(), inner: Type.Array(Type.Unknown()) },
  { additionalProperties: true },
);
export type FrameDescription = Static<typeof FrameDescription>;

export const CollectorFrame = Type.Object({
  /** Grows with each frame; counts from the start of the program. */
  seq: Type.Integer(),
  at: Instant,
  link: LinkName,
  linkKey: Type.String(),
  /** Null where a frame is the connection's own, or of no meter that is known. */
  meterId: Nullable(Id),
  meterSerial: Nullable(Type.String()),
  direction: OneOf(['up', 'down']),
  protocol: Type.String(),
  hex: Type.String(),
  /** The frame's meaning as `openprepay frame decode --json` gives it; null where it has none. */
  description: Nullable(FrameDescription),
  /** Why it was refused; null for a good one. */
  error: Nullable(Type.String()),
});
export type CollectorFrame = Static<typeof CollectorFrame>;

export const FrameFilter = Type.Object({
  link: Type.Optional(LinkName),
  linkKey: Type.Optional(Type.String({ maxLength: 128 })),
  meterId: Type.Optional(Id),
  direction: Type.Optional(OneOf(['up', 'down'])),
  /** Only those that were refused. */
  errors: Type.Optional(Type.Boolean()),
});
export type FrameFilter = Static<typeof FrameFilter>;

export const LinkEvent = Type.Object({
  eventId: Id,
  at: Instant,
  link: LinkName,
  linkKey: Type.String(),
  meterId: Nullable(Id),
  meterSerial: Nullable(Type.String()),
  /** One of `ORDINARY_EVENTS` and `TROUBLE_EVENTS`; `suppressed` stands for what came too often. */
  event: Type.String(),
  detail: Type.Record(Type.String(), Type.Unknown()),
});
export type LinkEvent = Static<typeof LinkEvent>;

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
  collectorFrames: defineRoute({
    method: 'GET',
    path: '/api/markets/:marketId/collector/frames',
    summary: 'The latest frames up and down with their meaning, newest first',
    roles: watchers,
    params: inMarket,
    query: Type.Object({ ...FrameFilter.properties, limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 500 })) }),
    response: Type.Object({ at: Instant, frames: Type.Array(CollectorFrame) }),
  }),
  linkEvents: defineRoute({
    method: 'GET',
    path: '/api/markets/:marketId/collector/link-events',
    summary: 'What went wrong, or changed, on the way to devices, newest first',
    roles: watchers,
    params: inMarket,
    query: Type.Object({
      link: Type.Optional(LinkName),
      linkKey: Type.Optional(Type.String({ maxLength: 128 })),
      meterId: Type.Optional(Id),
      event: Type.Optional(Search),
      /** Without what is in order: coming online, answering again. */
      troubles: Type.Optional(Type.Boolean()),
      /** The `next` of the page before. */
      before: Type.Optional(Id),
      limit: Type.Optional(Limit),
    }),
    response: Type.Object({ events: Type.Array(LinkEvent), next: Nullable(Id) }),
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

/**
 * Server-sent events, guarded and filtered like `collectorFrames`: `event: frames`, data a list of CollectorFrame, oldest
 * first; `event: missed`, data `{"frames": n}`, where a slow listener was left behind.
 */
export const collectorFramesPath = '/api/markets/:marketId/collector/frames/events';
