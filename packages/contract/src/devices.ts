import Type, { type Static } from 'typebox';
import { PhotoBase64, RegisterValue } from './readings.ts';
import { defineRoute, ROLES } from './route.ts';
import {
  Id,
  Instant,
  LinkSchema,
  MAX_LIST_ROWS,
  MeterKindSchema,
  Nullable,
  QuantityBase,
  SwitchState,
} from './schemas.ts';

/*
 * The register of meters and gateways: what there is, where it is, and every change of it. Secrets and passwords are
 * written here and never read back.
 */

const changers = ['admin', 'technician'] as const;
const inMarket = Type.Object({ marketId: Id });
const ofMeter = Type.Object({ marketId: Id, meterId: Id });
const Nothing = Type.Null();
const Name = (maxLength: number) => Type.String({ minLength: 1, maxLength });
const Note = Type.String({ minLength: 2, maxLength: 200 });

/** What the program knows of a make of meter, so that a form asks only for what this one needs. */
export const MeterModelInfo = Type.Object({
  model: Type.String(),
  kind: MeterKindSchema,
  /** How it is spoken to: `modbus`, `dlt645`, `cjt188`. */
  driver: Type.String(),
  switch: Nullable(Type.Enum(['relay', 'valve'])),
  phases: Nullable(Type.Integer()),
  /** Registers it keeps by itself, for filling what was missed. */
  freezes: Type.Enum(['none', 'hourly', 'daily']),
  /** What it can be told beside its switch: `keep_power`, `clock`, `price_table`, `alarm_amounts`. */
  settings: Type.Array(Type.String()),
  /** Of these, `switch` and `load_record`, what is done only on a meter whose access says `unverified: allowed`. */
  unverified: Type.Array(Type.String()),
  tariffs: Type.Integer(),
  /** What it wants before it can be written to, e.g. `password` and `operator`. */
  accessKeys: Type.Array(Type.String()),
  links: Type.Array(LinkSchema),
  /** The most that passes in an hour, before CT. */
  maxPerHour: QuantityBase,
  /** Where its register wraps to zero. */
  modulus: QuantityBase,
});
export type MeterModelInfo = Static<typeof MeterModelInfo>;

const meterFields = {
  meterId: Id,
  kind: MeterKindSchema,
  model: Type.String(),
  serial: Type.String(),
  ctRatio: Type.Integer(),
  link: LinkSchema,
  linkKey: Type.String(),
  busAddress: Type.String(),
  installedAt: Instant,
  retiredAt: Nullable(Instant),
  stallId: Nullable(Id),
  stallCode: Nullable(Type.String()),
  building: Nullable(Type.String()),
  online: Type.Boolean(),
  lastContactAt: Nullable(Instant),
  rssi: Nullable(Type.Integer()),
  batteryLow: Nullable(Type.Boolean()),
  switchState: SwitchState,
  /** How far its clock was ahead of ours; negative behind. */
  clockDriftS: Nullable(Type.Integer()),
  /** The last good one, in Wh or litres after CT. */
  lastReadAt: Nullable(Instant),
  lastTotal: Nullable(QuantityBase),
  onHold: Type.Boolean(),
};

export const MeterRow = Type.Object(meterFields);
export type MeterRow = Static<typeof MeterRow>;

export const METER_SORTS = ['serial', 'stall', 'model', 'lastContact', 'lastRead', 'signal', 'drift'] as const;

const meterFilter = {
  kind: Type.Optional(MeterKindSchema),
  link: Type.Optional(LinkSchema),
  /** Of one gateway, modem or platform device. */
  linkKey: Type.Optional(Type.String({ maxLength: 64 })),
  online: Type.Optional(Type.Boolean()),
  /** `installed` (bound to a stall or not) where nothing is said. */
  state: Type.Optional(Type.Enum(['installed', 'bound', 'unbound', 'retired'])),
  building: Type.Optional(Type.String({ maxLength: 80 })),
  model: Type.Optional(Type.String({ maxLength: 80 })),
  /** Found anywhere in serial, stall code or link key, and at the beginning of an address on the bus. */
  text: Type.Optional(Type.String({ maxLength: 80 })),
};
export const MeterFilter = Type.Object(meterFilter);
export type MeterFilter = Static<typeof MeterFilter>;

export const MeterQuery = Type.Object({
  page: Type.Optional(Type.Integer({ minimum: 1, maximum: 100_000 })),
  pageSize: Type.Optional(Type.Integer({ minimum: 1, maximum: MAX_LIST_ROWS })),
  sort: Type.Optional(Type.Enum([...METER_SORTS])),
  descending: Type.Optional(Type.Boolean()),
  ...meterFilter,
});
export type MeterQuery = Static<typeof MeterQuery>;

export const MeterPage = Type.Object({ total: Type.Integer(), meters: Type.Array(MeterRow) });
export type MeterPage = Static<typeof MeterPage>;

export const MeterBinding = Type.Object({
  bindingId: Id,
  stallId: Id,
  stallCode: Type.String(),
  building: Type.String(),
  fromAt: Instant,
  toAt: Nullable(Instant),
});

/** One change of device in the chain that this meter stands in, oldest first. */
export const MeterReplacement = Type.Object({
  at: Instant,
  reason: Type.Enum(['replaced', 'ct_changed']),
  finalOrigin: Type.Enum(['on_demand', 'manual', 'estimated']),
  oldMeterId: Id,
  oldSerial: Type.String(),
  oldCtRatio: Type.Integer(),
  newMeterId: Id,
  newSerial: Type.String(),
  newCtRatio: Type.Integer(),
  operatorName: Nullable(Type.String()),
  note: Type.String(),
});

/** Everything about one meter but its readings and commands, which the stall page and the collection page show. */
export const MeterCard = Type.Object({
  ...meterFields,
  /** Which access values are stored; what they are is never told. */
  accessKeys: Type.Array(Type.String()),
  gatewayName: Nullable(Type.String()),
  iccid: Nullable(Type.String()),
  firmware: Nullable(Type.String()),
  wakeExpectedAt: Nullable(Instant),
  switchAt: Nullable(Instant),
  clockCheckedAt: Nullable(Instant),
  bindings: Type.Array(MeterBinding),
  replacements: Type.Array(MeterReplacement),
});
export type MeterCard = Static<typeof MeterCard>;

/** Values may be replaced by naming them, and taken away with an empty text. */
export const Access = Type.Record(Type.String({ pattern: '^[a-z_]{1,32}$' }), Type.String({ maxLength: 64 }));

const address = {
  link: LinkSchema,
  linkKey: Name(64),
  busAddress: Name(32),
};

export const NewMeter = Type.Object({
  kind: MeterKindSchema,
  model: Name(80),
  serial: Name(64),
  ctRatio: Type.Integer({ minimum: 1, maximum: 10_000 }),
  ...address,
  access: Type.Optional(Access),
});
export type NewMeter = Static<typeof NewMeter>;

/** A serial typed wrongly may be put right; what makes readings comparable (model, CT) changes only by replacement. */
export const MeterUpdate = Type.Object({
  serial: Type.Optional(Name(64)),
  link: Type.Optional(LinkSchema),
  linkKey: Type.Optional(Name(64)),
  busAddress: Type.Optional(Name(32)),
  access: Type.Optional(Access),
  note: Type.Optional(Note),
});
export type MeterUpdate = Static<typeof MeterUpdate>;

/** What a meter shows when it begins at a stall. */
export const StartReading = Type.Object({
  value: RegisterValue,
  /** Sharp, peak, flat, valley, deep valley; null where the meter has none. */
  tariffs: Type.Optional(Type.Array(Nullable(RegisterValue), { minItems: 5, maxItems: 5 })),
});
export type StartReading = Static<typeof StartReading>;

/** It was read just now: its last good reading, which must be the one of this time. */
const ReadJustNow = Type.Object({ origin: Type.Literal('on_demand'), readAt: Instant });
/** A person read it. */
const ReadByHand = Type.Object({
  origin: Type.Literal('manual'),
  ...StartReading.properties,
  photoBase64: Type.Optional(PhotoBase64),
  /** The person has seen that this is more than the meter can have counted, and says it is so all the same. */
  confirmJump: Type.Optional(Type.Boolean()),
});

/** How the last reading of a meter that goes away is known. */
export const FinalReading = Type.Union([
  ReadJustNow,
  ReadByHand,
  /** Nobody can read it any more: the use of its last days goes on until then. */
  Type.Object({ origin: Type.Literal('estimated') }),
]);
export type FinalReading = Static<typeof FinalReading>;

export const Replacement = Type.Object({
  /** When the devices were exchanged; now where nothing is said, and the time of the reading where it was just read. */
  at: Type.Optional(Instant),
  final: FinalReading,
  /** A meter of the register that is bound nowhere, or a new one. */
  next: Type.Union([Type.Object({ meterId: Id }), NewMeter]),
  start: StartReading,
  note: Note,
});
export type Replacement = Static<typeof Replacement>;

/** The device stays and is there to be read, so nothing is estimated. */
export const CtChange = Type.Object({
  at: Type.Optional(Instant),
  final: Type.Union([ReadJustNow, ReadByHand]),
  ctRatio: Type.Integer({ minimum: 1, maximum: 10_000 }),
  note: Note,
});
export type CtChange = Static<typeof CtChange>;

export const Replaced = Type.Object({ oldMeterId: Id, newMeterId: Id, at: Instant });

const Created = Type.Object({ meterId: Id });

export const devicesRoutes = {
  meterModels: defineRoute({
    method: 'GET',
    path: '/api/meter-models',
    summary: 'The makes of meter the program knows, and what each can do and needs',
    roles: ROLES,
    scope: 'building',
    response: Type.Array(MeterModelInfo),
  }),
  meters: defineRoute({
    method: 'GET',
    path: '/api/markets/:marketId/meters',
    summary: 'The register of meters, filtered, sorted and by the page',
    roles: ROLES,
    scope: 'building',
    params: inMarket,
    query: MeterQuery,
    response: MeterPage,
    list: {
      rows: 'meters',
      paging: 'page',
      cells: {
        serial: ['serial', 'text'],
        kind: ['kind', 'code'],
        stall: ['stallCode', 'text'],
        building: ['building', 'text'],
        model: ['model', 'text'],
        online: ['online', 'code'],
        switchState: ['switchState', 'code'],
        lastTotal: ['lastTotal', 'thousandths'],
        lastReadAt: ['lastReadAt', 'instant'],
        lastContactAt: ['lastContactAt', 'instant'],
        signal: ['rssi', 'integer'],
        drift: ['clockDriftS', 'integer'],
        ct: ['ctRatio', 'integer'],
        link: ['link', 'code'],
        linkKey: ['linkKey', 'text'],
        busAddress: ['busAddress', 'text'],
        installedAt: ['installedAt', 'instant'],
      },
    },
  }),
  chosenMeters: defineRoute({
    method: 'POST',
    path: '/api/markets/:marketId/meters/chosen',
    summary: 'Which meters are meant by all that match a filter, minus some: at most ten thousand',
    roles: ROLES,
    scope: 'building',
    params: inMarket,
    bodyLimitBytes: 500_000,
    body: Type.Object({ matching: MeterFilter, exceptIds: Type.Array(Id, { maxItems: MAX_LIST_ROWS }) }),
    response: Type.Object({ meterIds: Type.Array(Id) }),
  }),
  meter: defineRoute({
    method: 'GET',
    path: '/api/markets/:marketId/meters/:meterId',
    summary: 'One meter: address, state, where it was bound, what it replaced',
    roles: ROLES,
    scope: 'building',
    params: ofMeter,
    response: MeterCard,
  }),
  createMeter: defineRoute({
    method: 'POST',
    path: '/api/markets/:marketId/meters',
    summary: 'Enter a meter into the register',
    roles: changers,
    params: inMarket,
    body: NewMeter,
    response: Created,
  }),
  updateMeter: defineRoute({
    method: 'PUT',
    path: '/api/markets/:marketId/meters/:meterId',
    summary: 'Change how a meter is reached, or put its serial right',
    roles: changers,
    params: ofMeter,
    body: MeterUpdate,
    response: Nothing,
  }),
  bindMeter: defineRoute({
    method: 'POST',
    path: '/api/markets/:marketId/meters/:meterId/bind',
    summary: 'Bind a meter to a stall from a time on, with what it shows then',
    roles: changers,
    params: ofMeter,
    body: Type.Object({ stallId: Id, at: Type.Optional(Instant), start: Type.Optional(StartReading) }),
    response: Nothing,
  }),
  unbindMeter: defineRoute({
    method: 'POST',
    path: '/api/markets/:marketId/meters/:meterId/unbind',
    summary: 'Take a meter off its stall at a time',
    roles: changers,
    params: ofMeter,
    body: Type.Object({ at: Type.Optional(Instant), note: Note }),
    response: Nothing,
  }),
  changeCt: defineRoute({
    method: 'POST',
    path: '/api/markets/:marketId/meters/:meterId/change-ct',
    summary: 'Go on with another CT ratio: the device replaces itself',
    roles: changers,
    scope: 'building',
    params: ofMeter,
    body: CtChange,
    response: Replaced,
  }),
  replaceMeter: defineRoute({
    method: 'POST',
    path: '/api/markets/:marketId/meters/:meterId/replace',
    summary: 'Put another device in a meter’s place: final reading, start reading, everything else goes on',
    roles: changers,
    scope: 'building',
    params: ofMeter,
    body: Replacement,
    response: Replaced,
  }),
  retireMeter: defineRoute({
    method: 'POST',
    path: '/api/markets/:marketId/meters/:meterId/retire',
    summary: 'Take a meter that is bound nowhere out of service',
    roles: changers,
    params: ofMeter,
    body: Type.Object({ note: Note }),
    response: Nothing,
  }),
} as const;
