import Type, { type Static } from 'typebox';
import { ROLES } from './route.ts';

/*
 * Amounts are whole fen and quantities whole Wh or litres, as JSON integers: all are far below 2^53.
 * Instants are RFC 3339 in UTC.
 */
export const Id = Type.String({ format: 'uuid' });
export const Instant = Type.String({ format: 'date-time' });
export const AmountFen = Type.Integer();
export const QuantityBase = Type.Integer({ description: 'Wh for electricity, litres for water' });
export const Nullable = <T extends Type.TSchema>(schema: T) => Type.Union([schema, Type.Null()]);
/** Of one page of a list: a whole market at once. */
export const MAX_LIST_ROWS = 10_000;
const OneOf = <const T extends readonly string[]>(values: readonly [...T]) => Type.Enum<[...T]>([...values]);

/** RFC 9457 problem document; `code` is the stable part that programs match on. */
export const Problem = Type.Object({
  type: Type.String(),
  title: Type.String(),
  status: Type.Integer(),
  code: Type.String(),
  detail: Type.Optional(Type.String()),
  /** Where in what was sent it is, `steps[1].parts[0].price`, for errors of a price rule. */
  at: Type.Optional(Type.String()),
});
export type Problem = Static<typeof Problem>;

export const MeterKindSchema = OneOf(['electricity', 'water']);
/** How meters are reached: a modem of their own, a gateway with a bus behind it, or a telecom operator's platform. */
export const LinkSchema = OneOf(['acrel4g', 'acrelgw', 'dtu', 'mqtt', 'modbus_tcp', 'nb']);
export const SwitchState = OneOf(['on', 'off', 'fault', 'unknown']);
export const Override = OneOf(['auto', 'forced_on', 'forced_off']);
export const CommandState = OneOf(['queued', 'sent', 'acknowledged', 'confirmed', 'failed', 'expired', 'superseded']);
export const Purse = OneOf(['utility', 'fees', 'deposit', 'debt']);
export const PaymentMethod = OneOf(['cash', 'bank', 'pos']);
export const Quality = OneOf(['good', 'suspect', 'rejected']);
export const Origin = OneOf(['scheduled', 'pushed', 'on_demand', 'backfilled', 'manual', 'estimated']);

/** What a cell of the stall grid shows, most urgent first; the order is the order of precedence. */
export const STALL_STATES = [
  'exception',
  'forced_off',
  'arrears_cut',
  'hold',
  'offline',
  'forced_on',
  'no_account',
  'low_balance',
  'normal',
] as const;
export const StallState = OneOf(STALL_STATES);
export type StallState = Static<typeof StallState>;

export const Operator = Type.Object({
  operatorId: Id,
  login: Type.String(),
  name: Type.String(),
  role: OneOf(ROLES),
});
export type Operator = Static<typeof Operator>;

export const Market = Type.Object({
  marketId: Id,
  code: Type.String(),
  name: Type.String(),
  timeZone: Type.String(),
  lowBalanceFen: AmountFen,
});
export type Market = Static<typeof Market>;

export const StallCell = Type.Object({
  stallId: Id,
  code: Type.String(),
  building: Type.String(),
  stallType: Type.String(),
  state: StallState,
  customerName: Nullable(Type.String()),
  /** null without an account, and to one whose business money is not. */
  balanceFen: Nullable(AmountFen),
  todayWh: Type.Integer(),
  todayLitres: Type.Integer(),
  /** One per meter bound to the stall now. */
  meters: Type.Array(
    Type.Object({
      meterId: Id,
      kind: MeterKindSchema,
      online: Type.Boolean(),
      switchState: SwitchState,
      wanted: Nullable(OneOf(['on', 'off'])),
      /** A command is under way: the meter does not yet say what is wanted. */
      switching: Type.Boolean(),
    }),
  ),
});
export type StallCell = Static<typeof StallCell>;

export const GridSummary = Type.Object({
  stalls: Type.Integer(),
  meters: Type.Integer(),
  metersOnline: Type.Integer(),
  /** Meters with a good reading within the last two reading intervals of their building. */
  metersRead: Type.Integer(),
  openHolds: Type.Integer(),
  openExceptions: Type.Integer(),
  unclaimedDevices: Type.Integer(),
  /** The market's money of the day; null to one who sees only some of its buildings, or whose business money is not. */
  todayChargedFen: Nullable(AmountFen),
  todayToppedUpFen: Nullable(AmountFen),
});
export type GridSummary = Static<typeof GridSummary>;

export const Grid = Type.Object({ at: Instant, summary: GridSummary, stalls: Type.Array(StallCell) });
export type Grid = Static<typeof Grid>;

/** What the event stream sends after the first grid: only the cells that changed, and the stalls that are no more. */
export const GridChange = Type.Object({
  at: Instant,
  summary: GridSummary,
  stalls: Type.Array(StallCell),
  gone: Type.Optional(Type.Array(Id)),
});
export type GridChange = Static<typeof GridChange>;

export const Reading = Type.Object({
  readAt: Instant,
  receivedAt: Instant,
  origin: Origin,
  total: QuantityBase,
  quality: Quality,
  suspectReason: Nullable(Type.String()),
});
export type Reading = Static<typeof Reading>;

export const CommandKind = OneOf(['switch', 'keep_power', 'clock', 'price_table', 'alarm_amounts']);
export type CommandKind = Static<typeof CommandKind>;

export const Command = Type.Object({
  commandId: Id,
  kind: CommandKind,
  /** Of a switch; null for a setting. */
  wanted: Nullable(OneOf(['on', 'off'])),
  /** Of a setting, what the meter is told; null for a switch. */
  value: Nullable(Type.Record(Type.String(), Type.Unknown())),
  cause: Type.String(),
  state: CommandState,
  createdAt: Instant,
  sentAt: Nullable(Instant),
  acknowledgedAt: Nullable(Instant),
  finishedAt: Nullable(Instant),
  expiresAt: Instant,
  /** When a sleeping meter is expected to wake and take it. */
  expectedAt: Nullable(Instant),
  attempts: Type.Integer(),
  outcome: Nullable(Type.String()),
});
export type Command = Static<typeof Command>;

export const MeterDetail = Type.Object({
  meterId: Id,
  kind: MeterKindSchema,
  model: Type.String(),
  serial: Type.String(),
  link: LinkSchema,
  online: Type.Boolean(),
  lastContactAt: Nullable(Instant),
  wakeExpectedAt: Nullable(Instant),
  rssi: Nullable(Type.Integer()),
  batteryLow: Nullable(Type.Boolean()),
  switchState: SwitchState,
  switchAt: Nullable(Instant),
  override: Override,
  overrideReason: Nullable(Type.String()),
  overrideUntil: Nullable(Instant),
  wanted: Nullable(OneOf(['on', 'off'])),
  /** Stable code of the rule that decided, e.g. `balance_used_up`. */
  wantedReason: Nullable(Type.String()),
  wantedAt: Nullable(Instant),
  todayUse: QuantityBase,
  lastReading: Nullable(Reading),
  readings: Type.Array(Reading),
  commands: Type.Array(Command),
});
export type MeterDetail = Static<typeof MeterDetail>;

export const LedgerKind = OneOf([
  'top_up',
  'charge',
  'opening_balance',
  'correction',
  'reversal',
  'refund',
  'provisional',
  'deposit',
  'closing',
  'debt',
]);

export const LedgerLine = Type.Object({
  txId: Id,
  kind: LedgerKind,
  at: Instant,
  purse: Purse,
  amountFen: AmountFen,
  memo: Nullable(Type.String()),
  operatorName: Nullable(Type.String()),
  /** For a charge: what was priced. */
  charge: Nullable(
    Type.Object({
      meterSerial: Type.String(),
      kind: MeterKindSchema,
      fromAt: Instant,
      toAt: Instant,
      fromValue: QuantityBase,
      toValue: QuantityBase,
      planName: Type.String(),
      planVersion: Type.Integer(),
      unitPrice: Nullable(
        Type.String({ description: 'yuan per kWh or m³, six decimals; null where nothing was used' }),
      ),
      standing: Nullable(Type.String({ description: 'yuan for the days in it, exact; null where there is none' })),
    }),
  ),
  /** For a provisional charge, or the entry that takes some back: the time without data and its use by the average. */
  provisional: Type.Optional(
    Nullable(
      Type.Object({
        meterSerial: Type.String(),
        kind: MeterKindSchema,
        fromAt: Instant,
        toAt: Instant,
        use: QuantityBase,
        /** It is open: the true readings have not come yet. */
        isOpen: Type.Boolean(),
        takesBack: Type.Boolean(),
      }),
    ),
  ),
  /** For a correction: which reading was put right, and why. */
  correction: Type.Optional(
    Nullable(
      Type.Object({
        meterSerial: Type.String(),
        kind: MeterKindSchema,
        readAt: Instant,
        saidValue: QuantityBase,
        trueValue: QuantityBase,
        planName: Type.String(),
        planVersion: Type.Integer(),
        reason: Type.String(),
      }),
    ),
  ),
});
export type LedgerLine = Static<typeof LedgerLine>;

export const Notice = Type.Object({
  noticeId: Id,
  stage: OneOf(['low_balance', 'alarm_2', 'final']),
  balanceFen: AmountFen,
  raisedAt: Instant,
  deliveredAt: Nullable(Instant),
  closedAt: Nullable(Instant),
});

export const StallDetail = Type.Object({
  stallId: Id,
  code: Type.String(),
  building: Type.String(),
  stallType: Type.String(),
  areaM2: Nullable(Type.String()),
  protected: Type.Boolean(),
  state: StallState,
  account: Nullable(
    Type.Object({
      accountId: Id,
      number: Type.String(),
      customerName: Type.String(),
      phone: Nullable(Type.String({ description: 'masked' })),
      state: OneOf(['prepared', 'open', 'closed']),
      mode: OneOf(['prepaid', 'postpaid']),
      /** What it has and owes: null, and no purses, to one whose business money is not. */
      creditLimitFen: Nullable(AmountFen),
      purses: Type.Array(Type.Object({ kind: Purse, balanceFen: AmountFen })),
      /** What is charged by an average until readings come; the balance has it taken off. */
      provisionalFen: Nullable(AmountFen),
    }),
  ),
  meters: Type.Array(MeterDetail),
  /** Empty to one whose business money is not, and so are the notices. */
  ledger: Type.Array(LedgerLine),
  notices: Type.Array(Notice),
});
export type StallDetail = Static<typeof StallDetail>;

export const OverrideRequest = Type.Object({
  override: Override,
  reason: Type.String({ minLength: 2, maxLength: 200 }),
  until: Type.Optional(Instant),
});
