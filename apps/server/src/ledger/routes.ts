import type { Handlers } from '../platform/handlers.ts';
import { listLedger } from './list.ts';
import { balanceAt, statement } from './statement.ts';
import type { PurseKind } from './types.ts';

export const ledgerRoutes = {
  ledger: (ctx, { params, query, buildingIds }) => listLedger(ctx.db, params.marketId, query, buildingIds),
  accountStatement: (ctx, { params, query }) =>
    statement(ctx.db, {
      ...params,
      purse: (query.purse ?? 'utility') as PurseKind,
      from: new Date(query.from),
      to: new Date(query.to),
    }),
  accountBalance: (ctx, { params, query }) =>
    balanceAt(ctx.db, params.marketId, params.accountId, query.at === undefined ? ctx.clock.now() : new Date(query.at)),
} satisfies Partial<Handlers>;
