import Type, { type Static } from 'typebox';
import { PurseBalances } from './ledger.ts';
import { defineRoute } from './route.ts';
import { AmountFen, Id, Instant, MAX_LIST_ROWS, Nullable, PaymentMethod } from './schemas.ts';

/*
 * What happens at the counter. Amounts on receipts, shifts, days and reports are signed as the till sees them: plus came in.
 */

const inMarket = Type.Object({ marketId: Id });
const ofReceipt = Type.Object({ marketId: Id, txId: Id });
const sellers = ['admin', 'cashier'] as const;
const bookkeepers = ['admin', 'manager', 'finance'] as const;
const counterStaff = ['admin', 'manager', 'finance', 'cashier', 'auditor'] as const;

/** A day of business as the books count it, `2026-03-02`: what is posted after the day's close belongs to the next. */
export const BusinessDay = Type.String({ format: 'date' });
const PageLimit = Type.Integer({ minimum: 1, maximum: 500 });
const ReceiptKind = Type.Enum(['top_up', 'deposit', 'refund', 'reversal']);

/** All that stands on paper, kept as it was: printed again it says the same, and that it is a reprint. */
export const Receipt = Type.Object({
  txId: Id,
  /** Of its cashier's series, without gaps: `001-00000042`. */
  number: Type.String(),
  kind: ReceiptKind,
  at: Instant,
  day: BusinessDay,
  marketName: Type.String(),
  operatorName: Type.String(),
  accountId: Id,
  accountNumber: Type.String(),
  customerName: Type.String(),
  stalls: Type.Array(Type.String()),
  method: PaymentMethod,
  amountFen: AmountFen,
  /** 大写, of the amount without its sign. */
  amountInCapitals: Type.String(),
  /** Which purse it came into, or went out of. */
  purse: Type.Enum(['utility', 'deposit']),
  /** What of it repaid an old debt, with its sign; the rest is the purse's. */
  debtFen: AmountFen,
  /** The purse afterwards. */
  balanceFen: AmountFen,
  memo: Nullable(Type.String()),
  reprints: Type.Integer(),
  /** Of a reversal: the number of the receipt it takes back. */
  reverses: Nullable(Type.String()),
  /** Of a sale that was taken back: the number of the receipt that says so. */
  reversedBy: Nullable(Type.String()),
});
export type Receipt = Static<typeof Receipt>;

/** Whom a cashier may sell to, with what tells him from another. */
export const Customer = Type.Object({
  accountId: Id,
  number: Type.String(),
  customerName: Type.String(),
  phone: Nullable(Type.String({ description: 'masked' })),
  /** Money is taken for an open account only. */
  state: Type.Enum(['prepared', 'open']),
  mode: Type.Enum(['prepaid', 'postpaid']),
  creditLimitFen: AmountFen,
  purses: PurseBalances,
  stalls: Type.Array(Type.Object({ stallId: Id, code: Type.String() })),
  /** What was typed or scanned is all of his number, his telephone or the code of a stall. */
  exact: Type.Boolean(),
});
export type Customer = Static<typeof Customer>;

export const TopUpRequest = Type.Object({
  /** Made by the caller once per sale: sending the same sale again has the effect of once. */
  requestId: Id,
  amountFen: Type.Integer({ minimum: 1, maximum: 100_000_000 }),
  method: PaymentMethod,
  memo: Type.Optional(Type.String({ maxLength: 200 })),
});
export const TopUpResult = Type.Object({
  txId: Id,
  balanceFen: AmountFen,
  repeated: Type.Boolean(),
  receipt: Receipt,
});

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

export const SalesReport = Type.Object({
  from: BusinessDay,
  to: BusinessDay,
  rows: Type.Array(
    Type.Object({
      /** `2026-03-02`, `2026-03`, `2026`, an operator's id, or a payment method. */
      key: Type.String(),
      label: Type.String(),
      ...SalesTotals.properties,
    }),
  ),
  total: SalesTotals,
});
export type SalesReport = Static<typeof SalesReport>;

export const counterRoutes = {
  topUp: defineRoute({
    method: 'POST',
    path: '/api/markets/:marketId/accounts/:accountId/top-ups',
    summary: 'Counter top-up: into the utility purse, a share against an old debt; answers with the receipt',
    roles: sellers,
    scope: 'building',
    params: Type.Object({ marketId: Id, accountId: Id }),
    body: TopUpRequest,
    response: TopUpResult,
  }),
  takeDeposit: defineRoute({
    method: 'POST',
    path: '/api/markets/:marketId/accounts/:accountId/deposits',
    summary:
      'Take a deposit at the counter, of an open or prepared account; it is set off and given back when that closes',
    roles: sellers,
    scope: 'building',
    params: Type.Object({ marketId: Id, accountId: Id }),
    body: TopUpRequest,
    response: TopUpResult,
  }),
  customers: defineRoute({
    method: 'GET',
    path: '/api/markets/:marketId/counter/customers',
    summary: 'The dozen accounts that fit best what a cashier typed or scanned: a stall, a number, a name, a telephone',
    roles: sellers,
    scope: 'building',
    params: inMarket,
    query: Type.Object({ text: Type.String({ minLength: 1, maxLength: 64 }) }),
    response: Type.Array(Customer),
  }),
  receipts: defineRoute({
    method: 'GET',
    path: '/api/markets/:marketId/receipts',
    summary: 'Receipts, newest first, and what all that fit come to',
    roles: counterStaff,
    scope: 'building',
    params: inMarket,
    query: Type.Object({
      from: Type.Optional(BusinessDay),
      /** Inclusive. */
      to: Type.Optional(BusinessDay),
      accountId: Type.Optional(Id),
      operatorId: Type.Optional(Id),
      method: Type.Optional(PaymentMethod),
      kind: Type.Optional(ReceiptKind),
      shiftId: Type.Optional(Id),
      /** Found anywhere in its number, the account's number, the customer's name or the code of a stall. */
      text: Type.Optional(Type.String({ maxLength: 64 })),
      /** To leaf through a list; what is read to its end is read by `before`. */
      offset: Type.Optional(Type.Integer({ minimum: 0, maximum: 1_000_000 })),
      /** The `nextBefore` of the page before. */
      before: Type.Optional(Id),
      limit: Type.Optional(Type.Integer({ minimum: 1, maximum: MAX_LIST_ROWS })),
    }),
    response: Type.Object({
      receipts: Type.Array(Receipt),
      nextBefore: Nullable(Id),
      /** Of all that fit, on whatever page. */
      total: Type.Integer(),
      /** What came in less what was given back. */
      netFen: AmountFen,
    }),
    list: {
      rows: 'receipts',
      paging: 'offset',
      cells: {
        number: ['number', 'text'],
        kind: ['kind', 'code'],
        at: ['at', 'instant'],
        day: ['day', 'text'],
        account: ['accountNumber', 'text'],
        customer: ['customerName', 'text'],
        stalls: ['stalls', 'text'],
        method: ['method', 'code'],
        amount: ['amountFen', 'hundredths'],
        debt: ['debtFen', 'hundredths'],
        balance: ['balanceFen', 'hundredths'],
        operator: ['operatorName', 'text'],
        memo: ['memo', 'text'],
        reprints: ['reprints', 'integer'],
        reverses: ['reverses', 'text'],
      },
    },
  }),
  receipt: defineRoute({
    method: 'GET',
    path: '/api/markets/:marketId/receipts/:txId',
    summary: 'The receipt of one transaction',
    roles: counterStaff,
    scope: 'building',
    params: ofReceipt,
    response: Receipt,
  }),
  reprintReceipt: defineRoute({
    method: 'POST',
    path: '/api/markets/:marketId/receipts/:txId/reprints',
    summary: 'Count one more print; the number stays',
    roles: ['admin', 'manager', 'finance', 'cashier'],
    scope: 'building',
    params: ofReceipt,
    response: Receipt,
  }),
  reverseSale: defineRoute({
    method: 'POST',
    path: '/api/markets/:marketId/receipts/:txId/reversal',
    summary: 'The cashier takes back a sale of the shift under way; what he may not do alone asks for approval',
    roles: sellers,
    scope: 'building',
    params: ofReceipt,
    body: Type.Object({ reason: Type.String({ minLength: 2, maxLength: 200 }) }),
    response: Receipt,
  }),
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
    summary: 'Shifts of all cashiers, newest first; one’s own for those who look after some buildings',
    roles: counterStaff,
    scope: 'building',
    params: inMarket,
    query: Type.Object({
      operatorId: Type.Optional(Id),
      open: Type.Optional(Type.Boolean()),
      before: Type.Optional(Id),
      limit: Type.Optional(PageLimit),
    }),
    response: Type.Object({ shifts: Type.Array(Shift), nextBefore: Nullable(Id) }),
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
    summary: 'Days of business with their totals, closed or not, newest first',
    roles: counterStaff,
    params: inMarket,
    query: Type.Object({ limit: Type.Optional(PageLimit) }),
    response: Type.Array(CounterDay),
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
  salesReport: defineRoute({
    method: 'GET',
    path: '/api/markets/:marketId/reports/sales',
    summary: 'Sales, refunds and reversals of days of business, by day, month, year, operator or method',
    roles: counterStaff,
    params: inMarket,
    query: Type.Object({
      from: BusinessDay,
      to: BusinessDay,
      by: Type.Enum(['day', 'month', 'year', 'operator', 'method']),
    }),
    response: SalesReport,
  }),
} as const;
