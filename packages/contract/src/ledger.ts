import Type, { type Static } from 'typebox';
import { defineRoute, MONEY_ROLES } from './route.ts';
import { AmountFen, Id, Instant, LedgerKind, LedgerLine, MAX_LIST_ROWS, Nullable, Purse } from './schemas.ts';

const ofAccount = Type.Object({ marketId: Id, accountId: Id });

export const PurseBalances = Type.Object({ utility: AmountFen, fees: AmountFen, deposit: AmountFen, debt: AmountFen });
export type PurseBalances = Static<typeof PurseBalances>;

export const AccountBalance = Type.Object({ accountId: Id, at: Instant, purses: PurseBalances });
export type AccountBalance = Static<typeof AccountBalance>;

export const StatementLine = Type.Object({
  ...LedgerLine.properties,
  /** Of this purse, after the line. */
  balanceFen: AmountFen,
  receiptNumber: Nullable(Type.String()),
});

/** One purse of an account from one instant up to, not including, another: opening + Σ lines = closing. */
export const Statement = Type.Object({
  accountId: Id,
  accountNumber: Type.String(),
  customerName: Type.String(),
  purse: Purse,
  from: Instant,
  to: Instant,
  openingFen: AmountFen,
  inFen: AmountFen,
  outFen: AmountFen,
  closingFen: AmountFen,
  /** Oldest first. */
  lines: Type.Array(StatementLine),
});
export type Statement = Static<typeof Statement>;

const Day = Type.String({ format: 'date' });
/** A place between two entries of one order. */
const Place = Type.String({ pattern: '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\\.\\d{1,4}$' });

/** How far the entries that fit are counted; a market has millions. */
export const MOST_COUNTED_ENTRIES = 100_000;

export const LedgerQuery = Type.Object({
  page: Type.Optional(Type.Integer({ minimum: 1, maximum: 100_000 })),
  pageSize: Type.Optional(Type.Integer({ minimum: 1, maximum: MAX_LIST_ROWS })),
  /** The `next` of the page before, in place of `page`: what is read to its end is read by it. */
  after: Type.Optional(Place),
  /** Oldest first; newest first where nothing is said. */
  ascending: Type.Optional(Type.Boolean()),
  kind: Type.Optional(LedgerKind),
  purse: Type.Optional(Purse),
  accountId: Type.Optional(Id),
  operatorId: Type.Optional(Id),
  /** Posted on this day of the market's zone or later. */
  from: Type.Optional(Day),
  /** Inclusive. */
  to: Type.Optional(Day),
  /** All of a receipt's number or an entry's key; or found in number or name of the account, or the code of a stall it has. */
  text: Type.Optional(Type.String({ maxLength: 80 })),
});
export type LedgerQuery = Static<typeof LedgerQuery>;

/** What one transaction moved in one purse. */
export const LedgerEntry = Type.Object({
  txId: Id,
  line: Type.Integer(),
  kind: LedgerKind,
  postedAt: Instant,
  /** When it happened: of a charge, when the meter was read. */
  businessAt: Instant,
  purse: Purse,
  accountId: Id,
  accountNumber: Type.String(),
  customerName: Type.String(),
  /** Of a charge the meter's; else as they stand on the receipt, and none where there is none. */
  stalls: Type.Array(Type.String()),
  amountFen: AmountFen,
  /** Of the purse afterwards: known of what has a receipt, and of every entry where one account is asked for. */
  balanceFen: Nullable(AmountFen),
  operatorName: Nullable(Type.String()),
  receiptNumber: Nullable(Type.String()),
  /** Of the fact that was posted, once. */
  idempotencyKey: Type.String(),
  memo: Nullable(Type.String()),
});
export type LedgerEntry = Static<typeof LedgerEntry>;

export const LedgerPage = Type.Object({
  /** Counted up to 100,000; 0 after the first page of what is read by `after`. */
  total: Type.Integer(),
  /** There are more than were counted. */
  isMore: Type.Boolean(),
  entries: Type.Array(LedgerEntry),
  next: Nullable(Type.String()),
});
export type LedgerPage = Static<typeof LedgerPage>;

export const ledgerRoutes = {
  ledger: defineRoute({
    method: 'GET',
    path: '/api/markets/:marketId/ledger',
    summary: 'What moved in the purses of a market, as it was posted, filtered and by the page',
    roles: ['admin', 'manager', 'finance', 'auditor'],
    scope: 'building',
    params: Type.Object({ marketId: Id }),
    query: LedgerQuery,
    response: LedgerPage,
    list: {
      rows: 'entries',
      paging: 'next',
      cells: {
        at: ['postedAt', 'instant'],
        businessAt: ['businessAt', 'instant'],
        kind: ['kind', 'code'],
        purse: ['purse', 'code'],
        account: ['accountNumber', 'text'],
        customer: ['customerName', 'text'],
        stalls: ['stalls', 'text'],
        amount: ['amountFen', 'hundredths'],
        balance: ['balanceFen', 'hundredths'],
        operator: ['operatorName', 'text'],
        receipt: ['receiptNumber', 'text'],
        key: ['idempotencyKey', 'text'],
        memo: ['memo', 'text'],
      },
    },
  }),
  accountStatement: defineRoute({
    method: 'GET',
    path: '/api/markets/:marketId/accounts/:accountId/statement',
    summary: 'What moved in a purse between two instants, with opening and closing balance',
    roles: MONEY_ROLES,
    scope: 'building',
    params: ofAccount,
    query: Type.Object({ from: Instant, to: Instant, purse: Type.Optional(Purse) }),
    response: Statement,
  }),
  accountBalance: defineRoute({
    method: 'GET',
    path: '/api/markets/:marketId/accounts/:accountId/balance',
    summary: 'What the purses held at an instant of the past, or hold now',
    roles: MONEY_ROLES,
    scope: 'building',
    params: ofAccount,
    query: Type.Object({ at: Type.Optional(Instant) }),
    response: AccountBalance,
  }),
} as const;
