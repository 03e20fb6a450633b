import Type, { type Static } from 'typebox';
import { BusinessDay, counterStaff, SalesTotals, sellers } from './counter-books.ts';
import { PurseBalances } from './ledger.ts';
import { defineRoute } from './route.ts';
import { AmountFen, Id, Instant, MAX_LIST_ROWS, Nullable, PaymentMethod } from './schemas.ts';

/*
 * What happens at the counter. Amounts on receipts, shifts, days and reports are signed as the till sees them: plus came in.
 */

const inMarket = Type.Object({ marketId: Id });
const ofReceipt = Type.Object({ marketId: Id, txId: Id });

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
