import Type, { type Static } from 'typebox';
import { defineRoute } from './route.ts';
import { AmountFen, Id, Instant, MAX_LIST_ROWS, Nullable } from './schemas.ts';

/*
 * What the counter took, by shift and by day of business.
 */

const inMarket = Type.Object({ marketId: Id });
export const sellers = ['admin', 'cashier'] as const;
const bookkeepers = ['admin', 'manager', 'finance'] as const;
export const counterStaff = ['admin', 'manager', 'finance', 'cashier', 'auditor'] as const;

/** A day of business as the books count it, `2026-03-02`: what is posted after the day's close belongs to the next. */
export const BusinessDay = Type.String({ format: 'date' });

const MethodTotals = Type.Object({ cash: AmountFen, bank: AmountFen, pos: AmountFen });

export const Shift = Type.Object({
  shiftId: Id,
  operatorId: Id,
  operatorName: Type.String(),
  openedAt: Instant,
  /** What lay in the drawer at the start. */
  floatFen: AmountFen,
  closedAt: Nullable(Instant),
  receipts: Type.Integer(),
  takenFen: MethodTotals,
  /** What must lie in the drawer: float and cash taken, less cash given back. */
  expectedFen: AmountFen,
  countedFen: Nullable(AmountFen),
  /** Counted less expected. */
  differenceFen: Nullable(AmountFen),
  closedByName: Nullable(Type.String()),
  note: Nullable(Type.String()),
});
export type Shift = Static<typeof Shift>;

export const SalesTotals = Type.Object({
  topUps: Type.Integer(),
  topUpFen: AmountFen,
  deposits: Type.Integer(),
  depositFen: AmountFen,
  refunds: Type.Integer(),
  refundFen: AmountFen,
  reversals: Type.Integer(),
  reversalFen: AmountFen,
  netFen: AmountFen,
});
export type SalesTotals = Static<typeof SalesTotals>;

export const CounterDay = Type.Object({
  day: BusinessDay,
  totals: SalesTotals,
  takenFen: MethodTotals,
  closedAt: Nullable(Instant),
  closedByName: Nullable(Type.String()),
  note: Nullable(Type.String()),
  /** How far the ledger's chain was sealed when the day was closed, to be kept on paper elsewhere. */
  seal: Nullable(Type.Object({ seq: Type.Integer(), hash: Type.String() })),
});
export type CounterDay = Static<typeof CounterDay>;

export const SHIFT_SORTS = ['opened', 'closed', 'operator', 'difference'] as const;
export const ShiftQuery = Type.Object({
  page: Type.Optional(Type.Integer({ minimum: 1, maximum: 100_000 })),
  pageSize: Type.Optional(Type.Integer({ minimum: 1, maximum: MAX_LIST_ROWS })),
  sort: Type.Optional(Type.Enum([...SHIFT_SORTS])),
  descending: Type.Optional(Type.Boolean()),
  operatorId: Type.Optional(Id),
  open: Type.Optional(Type.Boolean()),
  /** What was counted was not what was expected; or was. */
  differs: Type.Optional(Type.Boolean()),
  /** Begun on this day of the market's zone or later. */
  from: Type.Optional(BusinessDay),
  /** Inclusive. */
  to: Type.Optional(BusinessDay),
  /** Found anywhere in the cashier's name or the explanation. */
  text: Type.Optional(Type.String({ maxLength: 80 })),
});
export type ShiftQuery = Static<typeof ShiftQuery>;

export const ShiftPage = Type.Object({ total: Type.Integer(), shifts: Type.Array(Shift) });
export type ShiftPage = Static<typeof ShiftPage>;

export const DAY_SORTS = ['day', 'net', 'closed'] as const;
export const DayQuery = Type.Object({
  page: Type.Optional(Type.Integer({ minimum: 1, maximum: 100_000 })),
  pageSize: Type.Optional(Type.Integer({ minimum: 1, maximum: MAX_LIST_ROWS })),
  sort: Type.Optional(Type.Enum([...DAY_SORTS])),
  descending: Type.Optional(Type.Boolean()),
  open: Type.Optional(Type.Boolean()),
  from: Type.Optional(BusinessDay),
  /** Inclusive. */
  to: Type.Optional(BusinessDay),
});
export type DayQuery = Static<typeof DayQuery>;

export const DayPage = Type.Object({ total: Type.Integer(), days: Type.Array(CounterDay) });
export type DayPage = Static<typeof DayPage>;

export const counterBooksRoutes = {
  currentShift: defineRoute({
    method: 'GET',
    path: '/api/markets/:marketId/shifts/current',
    summary: 'The caller’s own shift under way',
    roles: sellers,
    scope: 'building',
    params: inMarket,
    response: Type.Object({ shift: Nullable(Shift) }),
  }),
  shifts: defineRoute({
    method: 'GET',
    path: '/api/markets/:marketId/shifts',
    summary: 'Shifts, filtered, sorted and by the page; one’s own for those who look after some buildings',
    roles: counterStaff,
    scope: 'building',
    params: inMarket,
    query: ShiftQuery,
    response: ShiftPage,
    list: {
      rows: 'shifts',
      paging: 'page',
      cells: {
        operator: ['operatorName', 'text'],
        opened: ['openedAt', 'instant'],
        closed: ['closedAt', 'instant'],
        receipts: ['receipts', 'integer'],
        float: ['floatFen', 'hundredths'],
        cash: ['takenFen.cash', 'hundredths'],
        bank: ['takenFen.bank', 'hundredths'],
        pos: ['takenFen.pos', 'hundredths'],
        counted: ['countedFen', 'hundredths'],
        difference: ['differenceFen', 'hundredths'],
        note: ['note', 'text'],
        closedBy: ['closedByName', 'text'],
      },
    },
  }),
  openShift: defineRoute({
    method: 'POST',
    path: '/api/markets/:marketId/shifts',
    summary: 'Begin a shift with what lies in the drawer',
    roles: sellers,
    scope: 'building',
    params: inMarket,
    body: Type.Object({ floatFen: Type.Integer({ minimum: 0, maximum: 100_000_000 }) }),
    response: Shift,
  }),
  closeShift: defineRoute({
    method: 'POST',
    path: '/api/markets/:marketId/shifts/:shiftId/close',
    summary:
      'End a shift with the cash that was counted: one’s own, or for finance and managers of the market anybody’s',
    roles: ['admin', 'manager', 'finance', 'cashier'],
    scope: 'building',
    params: Type.Object({ marketId: Id, shiftId: Id }),
    body: Type.Object({
      countedFen: Type.Integer({ minimum: 0, maximum: 10_000_000_000 }),
      /** Must be given where what was counted is not what was expected. */
      note: Type.Optional(Type.String({ minLength: 2, maxLength: 200 })),
    }),
    response: Shift,
  }),
  counterDays: defineRoute({
    method: 'GET',
    path: '/api/markets/:marketId/counter-days',
    summary: 'Days of business with their totals, closed or not, filtered, sorted and by the page',
    roles: counterStaff,
    params: inMarket,
    query: DayQuery,
    response: DayPage,
    list: {
      rows: 'days',
      paging: 'page',
      cells: {
        day: ['day', 'text'],
        topUps: ['totals.topUps', 'integer'],
        topUp: ['totals.topUpFen', 'hundredths'],
        deposits: ['totals.deposits', 'integer'],
        deposit: ['totals.depositFen', 'hundredths'],
        refunds: ['totals.refunds', 'integer'],
        refund: ['totals.refundFen', 'hundredths'],
        reversals: ['totals.reversals', 'integer'],
        reversal: ['totals.reversalFen', 'hundredths'],
        cash: ['takenFen.cash', 'hundredths'],
        bank: ['takenFen.bank', 'hundredths'],
        pos: ['takenFen.pos', 'hundredths'],
        net: ['totals.netFen', 'hundredths'],
        closed: ['closedAt', 'instant'],
        closedBy: ['closedByName', 'text'],
        note: ['note', 'text'],
        seal: ['seal.seq', 'integer'],
        sealHash: ['seal.hash', 'text'],
      },
    },
  }),
  closeDay: defineRoute({
    method: 'POST',
    path: '/api/markets/:marketId/counter-days/:day/close',
    summary: 'Close a day: its totals stand, and what is posted later belongs to the next',
    roles: bookkeepers,
    params: Type.Object({ marketId: Id, day: BusinessDay }),
    body: Type.Object({ note: Type.Optional(Type.String({ maxLength: 200 })) }),
    response: CounterDay,
  }),
} as const;
