import Type, { type Static } from 'typebox';
import { defineRoute, MONEY_ROLES } from './route.ts';
import { AmountFen, Id, Instant, LedgerLine, Nullable, Purse } from './schemas.ts';

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

export const ledgerRoutes = {
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
