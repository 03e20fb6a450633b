import Type, { type Static } from 'typebox';
import { PurseBalances } from './ledger.ts';
import { PhotoBase64, RegisterValue } from './readings.ts';
import { defineRoute, MONEY_ROLES, ROLES } from './route.ts';
import { AmountFen, Id, Instant, MAX_LIST_ROWS, MeterKindSchema, Nullable, QuantityBase } from './schemas.ts';

const inMarket = Type.Object({ marketId: Id });
const ofAccount = Type.Object({ marketId: Id, accountId: Id });
const desk = ['admin', 'manager', 'finance', 'cashier'] as const;
const heads = ['admin', 'manager'] as const;
const Note = Type.String({ minLength: 2, maxLength: 200 });
const Limit = Type.Integer({ minimum: 0, maximum: 100_000_000 });
const MAX_STALLS = 200;
const MAX_ACCOUNTS = 1_000;

export const AccountMode = Type.Enum(['prepaid', 'postpaid']);
export const AccountState = Type.Enum(['prepared', 'open', 'closed']);

/** What a person read from one meter at a hand-over. A meter that is not named counts by its last good reading, if that is young enough. */
export const HandOverReading = Type.Object({
  meterId: Id,
  value: RegisterValue,
  /** Sharp, peak, flat, valley, deep valley as shown; null where the meter has none. */
  tariffs: Type.Optional(Type.Array(Nullable(RegisterValue), { minItems: 5, maxItems: 5 })),
  photoBase64: Type.Optional(PhotoBase64),
  /** The person has seen that this is more than the meter can have counted, and says it is so all the same. */
  confirmJump: Type.Optional(Type.Boolean()),
});
export type HandOverReading = Static<typeof HandOverReading>;

const Readings = Type.Optional(Type.Array(HandOverReading, { maxItems: MAX_STALLS * 4 }));

export const NewAccount = Type.Object({
  /** Made by the caller once per account: sent again, it is the same account. */
  accountId: Id,
  number: Type.String({ minLength: 1, maxLength: 40 }),
  customerName: Type.String({ minLength: 1, maxLength: 80 }),
  phone: Type.Optional(Type.String({ maxLength: 40 })),
  mode: Type.Optional(AccountMode),
  creditLimitFen: Type.Optional(Limit),
  /** What is agreed to be laid down; not given: what the market asks. It is taken at the counter. */
  depositFen: Type.Optional(Limit),
  /** Not given: the market's default plan. */
  electricityPlanId: Type.Optional(Id),
  waterPlanId: Type.Optional(Id),
  stallIds: Type.Array(Id, { maxItems: MAX_STALLS, uniqueItems: true }),
});
export type NewAccount = Static<typeof NewAccount>;

/** One account of a list: opened or prepared, or why not. */
export const OpenedAccount = Type.Object({
  accountId: Id,
  state: Nullable(AccountState),
  /** From when its stalls are its own. */
  from: Nullable(Instant),
  problem: Nullable(Type.Object({ code: Type.String(), detail: Type.String() })),
});
export type OpenedAccount = Static<typeof OpenedAccount>;

/** Estimated: nobody read the meter then, and it counts by what it last showed. */
const StatementReading = Type.Object({ readAt: Instant, total: QuantityBase, estimated: Type.Boolean() });

/** A meter in the account's time at a stall. */
export const MoveOutMeter = Type.Object({
  meterId: Id,
  serial: Type.String(),
  kind: MeterKindSchema,
  stall: Type.String(),
  from: StatementReading,
  to: StatementReading,
  use: QuantityBase,
  chargedFen: AmountFen,
});
export type MoveOutMeter = Static<typeof MoveOutMeter>;

/** The end of an account, or of its time at some of its stalls, as it was then. Amounts are the tenant's: plus is his. */
export const MoveOutStatement = Type.Object({
  accountNumber: Type.String(),
  customerName: Type.String(),
  stalls: Type.Array(Type.String()),
  meters: Type.Array(MoveOutMeter),
  /** What moved in all purses in the account's whole time, by kind of transaction. */
  movements: Type.Array(Type.Object({ kind: Type.String(), amountFen: AmountFen })),
  purses: PurseBalances,
});
export type MoveOutStatement = Static<typeof MoveOutStatement>;

export const MoveOut = Type.Object({
  moveOutId: Id,
  accountId: Id,
  nextAccountId: Nullable(Id),
  at: Instant,
  /** Null until it is drawn up: of an account's end, once its purses are empty. From then on it never changes. */
  statement: Nullable(MoveOutStatement),
  drawnAt: Nullable(Instant),
  note: Type.String(),
});
export type MoveOut = Static<typeof MoveOut>;

/** `open` while the purses are not empty: refund or collect `balanceFen`, then close again. */
export const ClosedAccount = Type.Object({
  state: Type.Enum(['open', 'closed']),
  balanceFen: AmountFen,
  moveOut: MoveOut,
});
export type ClosedAccount = Static<typeof ClosedAccount>;

export const AccountTerms = Type.Object({
  accountId: Id,
  number: Type.String(),
  customerName: Type.String(),
  phone: Nullable(Type.String({ description: 'masked' })),
  state: AccountState,
  mode: AccountMode,
  creditLimitFen: AmountFen,
  creditLimitUntil: Nullable(Instant),
  emergencyLimitFen: AmountFen,
  /** What was agreed to be laid down; what is, is in the purse. */
  depositFen: AmountFen,
  emergencyTakenAt: Nullable(Instant),
  electricityPlanId: Nullable(Id),
  waterPlanId: Nullable(Id),
  openedAt: Nullable(Instant),
  closedAt: Nullable(Instant),
});
export type AccountTerms = Static<typeof AccountTerms>;

/** A meter at one of an account's stalls, or at a stall that nobody has, and what it last showed. */
export const StallMeter = Type.Object({
  meterId: Id,
  serial: Type.String(),
  kind: MeterKindSchema,
  ctRatio: Type.Integer(),
  lastReadAt: Nullable(Instant),
  /** Wh after CT, or litres. */
  lastTotal: Nullable(QuantityBase),
  onHold: Type.Boolean(),
});
export type StallMeter = Static<typeof StallMeter>;

export const StallMeters = Type.Object({
  stallId: Id,
  code: Type.String(),
  building: Type.String(),
  meters: Type.Array(StallMeter),
});
export type StallMeters = Static<typeof StallMeters>;

/** An account with what it holds and what it has; a prepared one with the stalls it will take over. */
export const AccountCard = Type.Object({
  ...AccountTerms.properties,
  purses: PurseBalances,
  stalls: Type.Array(StallMeters),
  /** The market's, that it may have for its own. */
  plans: Type.Array(
    Type.Object({ planId: Id, kind: MeterKindSchema, name: Type.String(), marketDefault: Type.Boolean() }),
  ),
});
export type AccountCard = Static<typeof AccountCard>;

export const AccountRow = Type.Object({
  accountId: Id,
  number: Type.String(),
  customerName: Type.String(),
  phone: Nullable(Type.String({ description: 'masked' })),
  state: AccountState,
  mode: AccountMode,
  /** Codes, in order; of a prepared one those it will take over. */
  stalls: Type.Array(Type.String()),
  openedAt: Nullable(Instant),
  closedAt: Nullable(Instant),
  purses: PurseBalances,
});
export type AccountRow = Static<typeof AccountRow>;

export const ACCOUNT_SORTS = ['number', 'name', 'utility', 'debt', 'opened'] as const;

export const AccountQuery = Type.Object({
  page: Type.Optional(Type.Integer({ minimum: 1, maximum: 100_000 })),
  pageSize: Type.Optional(Type.Integer({ minimum: 1, maximum: MAX_LIST_ROWS })),
  sort: Type.Optional(Type.Enum([...ACCOUNT_SORTS])),
  descending: Type.Optional(Type.Boolean()),
  /** `current` (prepared or open) where nothing is said. */
  state: Type.Optional(Type.Enum(['current', 'prepared', 'open', 'closed', 'any'])),
  mode: Type.Optional(AccountMode),
  /** Those that owe an old debt, or those that owe none. */
  debt: Type.Optional(Type.Boolean()),
  /** Those that are charged by an average now, or those that are not. */
  provisional: Type.Optional(Type.Boolean()),
  /** Found anywhere in number, name, phone or the code of a stall it has, or will take over. */
  text: Type.Optional(Type.String({ maxLength: 80 })),
});
export type AccountQuery = Static<typeof AccountQuery>;

export const AccountPage = Type.Object({ total: Type.Integer(), accounts: Type.Array(AccountRow) });
export type AccountPage = Static<typeof AccountPage>;

export const accountsRoutes = {
  accounts: defineRoute({
    method: 'GET',
    path: '/api/markets/:marketId/accounts',
    summary: 'The market’s accounts with what they hold, filtered, sorted and by the page',
    roles: MONEY_ROLES,
    scope: 'building',
    params: inMarket,
    query: AccountQuery,
    response: AccountPage,
    list: {
      rows: 'accounts',
      paging: 'page',
      cells: {
        number: ['number', 'text'],
        name: ['customerName', 'text'],
        stalls: ['stalls', 'text'],
        utility: ['purses.utility', 'hundredths'],
        debt: ['purses.debt', 'hundredths'],
        deposit: ['purses.deposit', 'hundredths'],
        fees: ['purses.fees', 'hundredths'],
        state: ['state', 'code'],
        mode: ['mode', 'code'],
        phone: ['phone', 'text'],
        opened: ['openedAt', 'instant'],
        closed: ['closedAt', 'instant'],
      },
    },
  }),
  vacantStalls: defineRoute({
    method: 'GET',
    path: '/api/markets/:marketId/vacant-stalls',
    summary: 'Stalls that no account has, with their meters',
    roles: ROLES,
    scope: 'building',
    params: inMarket,
    response: Type.Array(StallMeters),
  }),
  account: defineRoute({
    method: 'GET',
    path: '/api/markets/:marketId/accounts/:accountId',
    summary: 'An account: its terms, what it holds, its stalls and meters',
    roles: MONEY_ROLES,
    scope: 'building',
    params: ofAccount,
    response: AccountCard,
  }),
  openAccounts: defineRoute({
    method: 'POST',
    path: '/api/markets/:marketId/accounts',
    summary: 'Open or prepare accounts, each by itself; every row has its own result',
    roles: desk,
    scope: 'building',
    params: inMarket,
    body: Type.Object({
      accounts: Type.Array(NewAccount, { minItems: 1, maxItems: MAX_ACCOUNTS }),
      /** Written down now, opened later. */
      prepare: Type.Optional(Type.Boolean()),
      readings: Readings,
      note: Note,
    }),
    response: Type.Array(OpenedAccount),
  }),
  openPrepared: defineRoute({
    method: 'POST',
    path: '/api/markets/:marketId/accounts/:accountId/open',
    summary: 'Open an account that was prepared',
    roles: desk,
    scope: 'building',
    whole: true,
    params: ofAccount,
    body: Type.Object({ readings: Readings, note: Note }),
    response: OpenedAccount,
  }),
  closeAccount: defineRoute({
    method: 'POST',
    path: '/api/markets/:marketId/accounts/:accountId/close',
    summary: 'Give back its stalls, settle, and close once its purses are empty; called again it goes on where it was',
    roles: desk,
    scope: 'building',
    whole: true,
    params: ofAccount,
    body: Type.Object({ readings: Readings, note: Note }),
    response: ClosedAccount,
  }),
  transferStalls: defineRoute({
    method: 'POST',
    path: '/api/markets/:marketId/accounts/:accountId/transfers',
    summary: 'Hand stalls over to another account, at one instant and with readings',
    roles: desk,
    scope: 'building',
    params: ofAccount,
    body: Type.Object({
      /** Made by the caller once per hand-over. */
      moveOutId: Id,
      stallIds: Type.Array(Id, { minItems: 1, maxItems: MAX_STALLS, uniqueItems: true }),
      /** An open account, or a new one, whose own list of stalls stays empty. */
      to: Type.Union([Type.Object({ accountId: Id }, { additionalProperties: false }), NewAccount]),
      readings: Readings,
      note: Note,
    }),
    response: MoveOut,
  }),
  moveOuts: defineRoute({
    method: 'GET',
    path: '/api/markets/:marketId/accounts/:accountId/move-outs',
    summary: 'The statements of an account’s hand-overs and its end, newest first',
    roles: MONEY_ROLES,
    scope: 'building',
    params: ofAccount,
    response: Type.Array(MoveOut),
  }),
  setCredit: defineRoute({
    method: 'PUT',
    path: '/api/markets/:marketId/accounts/:accountId/credit',
    summary: 'How far below zero an account may go, and until when',
    roles: heads,
    scope: 'building',
    whole: true,
    params: ofAccount,
    body: Type.Object({ limitFen: Limit, until: Nullable(Instant), reason: Note }),
    response: AccountTerms,
  }),
  setDeposit: defineRoute({
    method: 'PUT',
    path: '/api/markets/:marketId/accounts/:accountId/deposit',
    summary: 'What an account is agreed to lay down; the counter takes it',
    roles: heads,
    scope: 'building',
    whole: true,
    params: ofAccount,
    body: Type.Object({ depositFen: Limit, reason: Note }),
    response: AccountTerms,
  }),
  setEmergencyCredit: defineRoute({
    method: 'PUT',
    path: '/api/markets/:marketId/accounts/:accountId/emergency-credit',
    summary: 'What the tenant may take once before he pays; the market’s amount where none is given',
    roles: heads,
    scope: 'building',
    whole: true,
    params: ofAccount,
    body: Type.Object({ limitFen: Type.Optional(Limit), reason: Note }),
    response: AccountTerms,
  }),
  takeEmergencyCredit: defineRoute({
    method: 'POST',
    path: '/api/markets/:marketId/accounts/:accountId/emergency-credit/taking',
    summary: 'The tenant takes his emergency credit: once, until a top-up has repaid it',
    roles: desk,
    scope: 'building',
    whole: true,
    params: ofAccount,
    body: Type.Object({ reason: Note }),
    response: AccountTerms,
  }),
  setAccountPlans: defineRoute({
    method: 'PUT',
    path: '/api/markets/:marketId/accounts/:accountId/plans',
    summary: 'The account’s own price plans, from its next use on; null for the market’s default',
    roles: heads,
    scope: 'building',
    whole: true,
    params: ofAccount,
    body: Type.Object({ electricityPlanId: Nullable(Id), waterPlanId: Nullable(Id), reason: Note }),
    response: AccountTerms,
  }),
  setAccountMode: defineRoute({
    method: 'PUT',
    path: '/api/markets/:marketId/accounts/:accountId/mode',
    summary: 'Prepaid or postpaid; what a postpaid account owes becomes an old debt where that is said',
    roles: heads,
    scope: 'building',
    whole: true,
    params: ofAccount,
    body: Type.Object({ mode: AccountMode, owedAsDebt: Type.Optional(Type.Boolean()), reason: Note }),
    response: AccountTerms,
  }),
  moveToDebt: defineRoute({
    method: 'POST',
    path: '/api/markets/:marketId/accounts/:accountId/debts',
    summary: 'Set what an account is short of apart as an old debt, repaid as a share of each top-up',
    roles: heads,
    scope: 'building',
    whole: true,
    params: ofAccount,
    body: Type.Object({
      /** Made by the caller once. */
      requestId: Id,
      amountFen: Type.Integer({ minimum: 1, maximum: 10_000_000_000 }),
      reason: Note,
    }),
    response: Type.Object({ txId: Id, purses: PurseBalances }),
  }),
} as const;
