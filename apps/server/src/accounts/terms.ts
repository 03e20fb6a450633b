import type { AccountTerms, AuditAction } from '@openprepay/contract';
import type { Fen } from '@openprepay/kernel';
import { recordAudit } from '../identity/audit.ts';
import type { Queryable, Tx } from '../platform/database.ts';
import { accountsError } from './errors.ts';
import { maskPhone } from './mask-phone.ts';
import { requirePlans, requirePostpaidAllowed } from './service.ts';
import type { AccountMode, AccountState } from './types.ts';

/** Who changes what of which account, and why. */
export interface AccountChange {
  readonly marketId: string;
  readonly accountId: string;
  readonly operatorId: string;
  readonly reason: string;
  readonly at: Date;
}

type TermsRow = Record<string, unknown> & {
  readonly accountId: string;
  readonly number: string;
  readonly customerName: string;
  readonly phone: string | null;
  readonly state: AccountState;
  readonly mode: AccountMode;
  readonly creditLimitFen: Fen;
  readonly creditLimitUntil: Date | null;
  readonly emergencyLimitFen: Fen;
  readonly depositFen: Fen;
  readonly emergencyTakenAt: Date | null;
  readonly electricityPlanId: string | null;
  readonly waterPlanId: string | null;
  readonly openedAt: Date | null;
  readonly closedAt: Date | null;
};

const TERMS = `account.account_id as "accountId", account.number, account.customer_name as "customerName", account.phone,
  account.state, account.mode, account.credit_limit_fen as "creditLimitFen", account.credit_limit_until as "creditLimitUntil",
  account.emergency_limit_fen as "emergencyLimitFen", account.emergency_taken_at as "emergencyTakenAt",
  account.deposit_fen as "depositFen",
  account.electricity_plan_id as "electricityPlanId", account.water_plan_id as "waterPlanId",
  account.opened_at as "openedAt", account.closed_at as "closedAt"`;

/** @throws accounts.not_found */
export async function accountTerms(db: Queryable, marketId: string, accountId: string): Promise<AccountTerms> {
  const [row] = await db.query<TermsRow>(
    `select ${TERMS} from account where account.market_id = $1 and account.account_id = $2`,
    [marketId, accountId],
  );
  if (!row) throw notFound();
  return {
    ...row,
    phone: row.phone === null ? null : maskPhone(row.phone),
    creditLimitFen: Number(row.creditLimitFen),
    creditLimitUntil: row.creditLimitUntil?.toISOString() ?? null,
    emergencyLimitFen: Number(row.emergencyLimitFen),
    depositFen: Number(row.depositFen),
    emergencyTakenAt: row.emergencyTakenAt?.toISOString() ?? null,
    openedAt: row.openedAt?.toISOString() ?? null,
    closedAt: row.closedAt?.toISOString() ?? null,
  };
}

/**
 * The account with its terms, which nobody else changes, opens or closes until the transaction ends; postings to it go on.
 * @throws accounts.not_found, accounts.not_open
 */
export async function lockTerms(tx: Queryable, marketId: string, accountId: string): Promise<AccountTerms> {
  await tx.query('select from account where market_id = $1 and account_id = $2 for no key update', [
    marketId,
    accountId,
  ]);
  const terms = await accountTerms(tx, marketId, accountId);
  if (terms.state !== 'open') throw notOpen(terms.number, terms.state);
  return terms;
}

/** What a sale must know of the account and its market. */
export interface SaleTerms {
  readonly number: string;
  readonly emergencyTaken: boolean;
  readonly minimumFen: Fen;
  readonly maximumFen: Fen;
  readonly debtSharePercent: number;
  readonly debtCapFen: Fen | null;
}

/**
 * The same for a sale, in one query. The lock is the one that can also give emergency credit back: two sales that shared a
 * weaker one would each wait for the other to end.
 * @throws accounts.not_found, accounts.not_open
 */
export async function lockForSale(tx: Queryable, marketId: string, accountId: string): Promise<SaleTerms> {
  const [row] = await tx.query<SaleTerms & { state: AccountState } & Record<string, unknown>>(
    `select account.number, account.state, account.emergency_taken_at is not null as "emergencyTaken",
            market.top_up_minimum_fen as "minimumFen", market.top_up_maximum_fen as "maximumFen",
            market.debt_share_percent as "debtSharePercent", market.debt_cap_fen as "debtCapFen"
     from account join market using (market_id)
     where account.market_id = $1 and account.account_id = $2
     for no key update of account`,
    [marketId, accountId],
  );
  if (!row) throw notFound();
  if (row.state !== 'open') throw notOpen(row.number, row.state);
  return row;
}

/** Emergency credit that was taken is repaid once the utility purse is not below zero: it may be taken again. */
export async function repayEmergency(tx: Queryable, marketId: string, accountId: string): Promise<void> {
  await tx.query(
    `update account set emergency_taken_at = null
     where market_id = $1 and account_id = $2 and emergency_taken_at is not null
       and exists (select from purse where market_id = $1 and account_id = $2 and kind = 'utility' and balance_fen >= 0)`,
    [marketId, accountId],
  );
}

/**
 * How far below zero an account may go, until when; null: until somebody changes it.
 * @throws accounts.credit_over_already, accounts.not_found, accounts.not_open
 */
export async function setCredit(tx: Tx, change: AccountChange, limitFen: Fen, until: Date | null): Promise<void> {
  const { marketId, accountId, at } = change;
  if (until !== null && until <= at) {
    throw accountsError('accounts.credit_over_already', 'credit that ends must end in the future');
  }
  const before = await lockTerms(tx, marketId, accountId);
  await tx.query(
    'update account set credit_limit_fen = $3, credit_limit_until = $4 where market_id = $1 and account_id = $2',
    [marketId, accountId, limitFen, until],
  );
  await noteChange(tx, change, 'accounts.set_credit', {
    before: { limitFen: before.creditLimitFen, until: before.creditLimitUntil },
    after: { limitFen, until },
  });
}

/** What is agreed to be laid down; what is taken and given back is the counter's. @throws accounts.not_found, accounts.not_open */
export async function setDeposit(tx: Tx, change: AccountChange, depositFen: Fen): Promise<void> {
  const { marketId, accountId } = change;
  const before = await lockTerms(tx, marketId, accountId);
  await tx.query('update account set deposit_fen = $3 where market_id = $1 and account_id = $2', [
    marketId,
    accountId,
    depositFen,
  ]);
  await noteChange(tx, change, 'accounts.set_deposit', {
    before: { depositFen: before.depositFen },
    after: { depositFen },
  });
}

/**
 * Grants emergency credit, of the market's amount where none is given.
 * @throws accounts.not_found, accounts.not_open
 */
export async function grantEmergency(tx: Tx, change: AccountChange, limitFen: Fen | null): Promise<void> {
  const { marketId, accountId } = change;
  const before = await lockTerms(tx, marketId, accountId);
  const [after] = await tx.query<{ limitFen: Fen }>(
    `update account set emergency_limit_fen = coalesce($3, market.emergency_credit_fen)
     from market where account.market_id = $1 and account.account_id = $2 and market.market_id = $1
     returning emergency_limit_fen as "limitFen"`,
    [marketId, accountId, limitFen],
  );
  await noteChange(tx, change, 'accounts.grant_emergency', { before: { limitFen: before.emergencyLimitFen }, after });
}

/**
 * The tenant takes his emergency credit. Asked twice, he has it once.
 * @throws accounts.no_emergency_credit, accounts.emergency_credit_taken, accounts.not_found, accounts.not_open
 */
export async function takeEmergency(tx: Tx, change: AccountChange): Promise<void> {
  const { marketId, accountId, at } = change;
  const { emergencyLimitFen, emergencyTakenAt, mode, number } = await lockTerms(tx, marketId, accountId);
  if (emergencyLimitFen === 0 || mode === 'postpaid') {
    throw accountsError('accounts.no_emergency_credit', `account ${number} has no emergency credit to take`);
  }
  if (emergencyTakenAt !== null) {
    throw accountsError('accounts.emergency_credit_taken', 'it was taken already and is not repaid', {
      takenAt: emergencyTakenAt,
    });
  }
  await tx.query('update account set emergency_taken_at = $3 where market_id = $1 and account_id = $2', [
    marketId,
    accountId,
    at,
  ]);
  await noteChange(tx, change, 'accounts.take_emergency', { before: null, after: { limitFen: emergencyLimitFen } });
}

export interface Plans {
  readonly electricityPlanId: string | null;
  readonly waterPlanId: string | null;
}

/** @throws accounts.no_such_plan, accounts.not_found, accounts.not_open */
export async function setPlans(tx: Tx, change: AccountChange, after: Plans): Promise<void> {
  const { marketId, accountId } = change;
  const { electricityPlanId, waterPlanId } = await lockTerms(tx, marketId, accountId);
  await requirePlans(tx, marketId, after);
  await tx.query(
    'update account set electricity_plan_id = $3, water_plan_id = $4 where market_id = $1 and account_id = $2',
    [marketId, accountId, after.electricityPlanId, after.waterPlanId],
  );
  await noteChange(tx, change, 'accounts.set_plans', { before: { electricityPlanId, waterPlanId }, after });
}

/** Of an account that is locked. @throws accounts.postpaid_not_allowed */
export async function setMode(tx: Tx, change: AccountChange, before: AccountMode, after: AccountMode): Promise<void> {
  const { marketId, accountId } = change;
  if (after === 'postpaid') await requirePostpaidAllowed(tx, marketId);
  await tx.query('update account set mode = $3 where market_id = $1 and account_id = $2', [marketId, accountId, after]);
  await noteChange(tx, change, 'accounts.set_mode', { before: { mode: before }, after: { mode: after } });
}

/** The audit, and the word to whoever decides about supply. */
async function noteChange(
  tx: Tx,
  { marketId, accountId, operatorId, reason, at }: AccountChange,
  action: AuditAction,
  values: { readonly before: unknown; readonly after: unknown },
): Promise<void> {
  await recordAudit(tx, { marketId, at, operatorId, action, subject: `account:${accountId}`, reason, ...values });
  await tx.notify('balance', `${marketId} ${accountId}`);
  await tx.notify('grid', marketId);
}

const notFound = () => accountsError('accounts.not_found', 'this market has no such account');
const notOpen = (number: string, state: AccountState) =>
  accountsError('accounts.not_open', `account ${number} is ${state}`, { state });
