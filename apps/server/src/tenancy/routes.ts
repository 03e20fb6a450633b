import { accountsRoutes, type NewAccount, type Operator, type Role } from '@openprepay/contract';
import { fen } from '@openprepay/kernel';
import {
  type AccountChange,
  type AccountMode,
  accountTerms,
  grantEmergency,
  listAccounts,
  marketTerms,
  setCredit,
  setDeposit,
  setMarketTerms,
  setPlans,
  takeEmergency,
} from '../accounts/index.ts';
import type { Context } from '../platform/context.ts';
import type { Tx } from '../platform/database.ts';
import type { Handlers } from '../platform/handlers.ts';
import { templateFile } from '../platform/sheet/files.ts';
import { accountCard, vacantStalls } from './card.ts';
import { closeOne } from './close.ts';
import { moveToDebt, switchMode } from './debt.ts';
import { tenancyError } from './errors.ts';
import type { Act } from './hand-over.ts';
import { accountSheet } from './import/columns.ts';
import { importAccounts } from './import/import.ts';
import { openAll, openOne } from './open.ts';
import { listMoveOuts } from './statement.ts';
import { transferStalls } from './transfer.ts';

const actOf = (ctx: Context, { marketId }: { marketId: string }, { operatorId }: Operator, note: string): Act => ({
  marketId,
  operatorId,
  now: ctx.clock.now(),
  note,
});

/** Who sets an account's terms. */
const GRANTERS: readonly Role[] = accountsRoutes.setCredit.roles;

/** Whoever opens an account gives it no terms that he could not give it afterwards. @throws tenancy.terms_need_manager */
const mayGrant =
  ({ role }: Operator) =>
  ({ number, creditLimitFen = 0, mode = 'prepaid', electricityPlanId, waterPlanId, depositFen }: NewAccount): void => {
    const isGrant = creditLimitFen > 0 || mode !== 'prepaid' || electricityPlanId || waterPlanId;
    if (GRANTERS.includes(role) || (!isGrant && depositFen === undefined)) return;
    throw tenancyError('tenancy.terms_need_manager', `account ${number}: a manager gives credit and terms`);
  };

interface Change {
  readonly params: { readonly marketId: string; readonly accountId: string };
  readonly operator: Operator;
  readonly body: { readonly reason: string };
}

/** A change of an account's terms, and the terms after it. */
async function changed(ctx: Context, asked: Change, work: (tx: Tx, change: AccountChange) => Promise<void>) {
  const { params, operator, body } = asked;
  return ctx.db.tx(async (tx) => {
    await work(tx, { ...params, operatorId: operator.operatorId, reason: body.reason, at: ctx.clock.now() });
    return accountTerms(tx, params.marketId, params.accountId);
  });
}

export const tenancyRoutes = {
  accounts: (ctx, { params, query, buildingIds }) => listAccounts(ctx.db, params.marketId, query, buildingIds),
  vacantStalls: (ctx, { params, buildingIds }) => vacantStalls(ctx.db, params.marketId, buildingIds),
  marketTerms: (ctx, { params }) => marketTerms(ctx.db, params.marketId),
  setMarketTerms: (ctx, { params, operator, body: { reason, ...terms } }) =>
    ctx.db.tx((tx) => {
      const change = { ...params, operatorId: operator.operatorId, at: ctx.clock.now(), reason };
      return setMarketTerms(tx, change, terms);
    }),
  account: (ctx, { params }) => accountCard(ctx.db, params.marketId, params.accountId),
  openAccounts: (ctx, { params, operator, body }) => {
    const { accounts, prepare = false, readings = [] } = body;
    accounts.forEach(mayGrant(operator));
    return openAll(ctx, actOf(ctx, params, operator, body.note), { accounts, prepare, readings });
  },
  importAccountsTemplate: (_ctx, { query }) => templateFile(accountSheet, query.language ?? 'zh'),
  importAccounts: (ctx, { params, operator, body }) => {
    const { fileName, base64, dryRun, language = 'zh', prepare = false } = body;
    const file = { fileName, bytes: Buffer.from(base64, 'base64'), dryRun, language, prepare };
    return importAccounts(ctx, actOf(ctx, params, operator, fileName), { ...file, mayGrant: mayGrant(operator) });
  },
  openPrepared: (ctx, { params, operator, body }) =>
    openOne(ctx, actOf(ctx, params, operator, body.note), params.accountId, body.readings ?? []),
  closeAccount: (ctx, { params, operator, body }) =>
    closeOne(ctx, actOf(ctx, params, operator, body.note), params.accountId, body.readings ?? []),
  transferStalls: (ctx, { params, operator, body: { readings = [], note, ...transfer } }) => {
    if ('number' in transfer.to) mayGrant(operator)(transfer.to);
    return transferStalls(ctx, actOf(ctx, params, operator, note), {
      ...transfer,
      accountId: params.accountId,
      readings,
    });
  },
  moveOuts: (ctx, { params }) => listMoveOuts(ctx.db, params.marketId, params.accountId),
  setCredit: (ctx, asked) => {
    const { limitFen, until } = asked.body;
    return changed(ctx, asked, (tx, change) =>
      setCredit(tx, change, fen(limitFen), until === null ? null : new Date(until)),
    );
  },
  setDeposit: (ctx, asked) => changed(ctx, asked, (tx, change) => setDeposit(tx, change, fen(asked.body.depositFen))),
  setEmergencyCredit: (ctx, asked) => {
    const { limitFen } = asked.body;
    return changed(ctx, asked, (tx, change) =>
      grantEmergency(tx, change, limitFen === undefined ? null : fen(limitFen)),
    );
  },
  takeEmergencyCredit: (ctx, asked) => changed(ctx, asked, takeEmergency),
  setAccountPlans: (ctx, asked) => {
    const { electricityPlanId, waterPlanId } = asked.body;
    return changed(ctx, asked, (tx, change) => setPlans(tx, change, { electricityPlanId, waterPlanId }));
  },
  setAccountMode: (ctx, { params, operator, body: { mode, owedAsDebt = false, reason } }) =>
    switchMode(ctx, actOf(ctx, params, operator, reason), params.accountId, { mode: mode as AccountMode, owedAsDebt }),
  moveToDebt: (ctx, { params, operator, body: { requestId, amountFen, reason } }) =>
    moveToDebt(ctx, actOf(ctx, params, operator, reason), {
      accountId: params.accountId,
      requestId,
      amountFen: fen(amountFen),
    }),
} satisfies Partial<Handlers>;
