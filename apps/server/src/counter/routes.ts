import type { Operator, RouteBody, Routes } from '@openprepay/contract';
import { fen } from '@openprepay/kernel';
import type { PaymentMethod } from '../ledger/index.ts';
import type { Handlers } from '../platform/handlers.ts';
import { findCustomers } from './customers.ts';
import { closeDay, listDays } from './days.ts';
import { takeDeposit } from './deposit.ts';
import { listReceipts, receiptOf, reprint } from './receipts.ts';
import { type ReportBy, salesReport } from './report.ts';
import { reverseSale } from './reversal.ts';
import { closeShift, currentShift, listShifts, openShift } from './shifts.ts';
import { type TopUp, topUp } from './top-up.ts';

type Asked = RouteBody<Routes['topUp']>;

const saleOf = (
  params: { readonly marketId: string; readonly accountId: string },
  { requestId, amountFen, method, memo }: Asked,
  { operatorId }: Operator,
): TopUp => ({
  ...params,
  requestId,
  amountFen: fen(amountFen),
  method: method as PaymentMethod,
  memo: memo ?? null,
  operatorId,
});

export const counterRoutes = {
  async topUp(ctx, { params, body, operator }) {
    const outcome = await topUp(ctx, saleOf(params, body, operator));
    return { ...outcome, balanceFen: Number(outcome.balanceFen) };
  },
  async takeDeposit(ctx, { params, body, operator }) {
    const outcome = await takeDeposit(ctx, saleOf(params, body, operator));
    return { ...outcome, balanceFen: Number(outcome.balanceFen) };
  },
  customers: (ctx, { params, query, buildingIds }) => findCustomers(ctx.db, params.marketId, query.text, buildingIds),
  receipts: (ctx, { params, query, buildingIds }) => listReceipts(ctx.db, params.marketId, query, buildingIds),
  receipt: (ctx, { params }) => receiptOf(ctx.db, params.marketId, params.txId),
  reprintReceipt: (ctx, { params, operator }) => reprint(ctx, params.marketId, params.txId, operator.operatorId),
  async reverseSale(ctx, { params, body, operator }) {
    const txId = await reverseSale(ctx, { ...params, reason: body.reason, operatorId: operator.operatorId });
    return receiptOf(ctx.db, params.marketId, txId);
  },
  async currentShift(ctx, { params, operator }) {
    return { shift: await currentShift(ctx.db, params.marketId, operator.operatorId) };
  },
  shifts: (ctx, { params, query, operator, buildingIds }) => {
    const own = buildingIds === null ? {} : { operatorId: operator.operatorId };
    return listShifts(ctx.db, params.marketId, { ...query, ...own });
  },
  openShift: (ctx, { params, body, operator }) =>
    openShift(ctx, params.marketId, operator.operatorId, fen(body.floatFen)),
  closeShift: (ctx, { params, body, operator }) =>
    closeShift(ctx, { ...params, countedFen: fen(body.countedFen), note: body.note ?? null, operator }),
  counterDays: (ctx, { params, query }) => listDays(ctx.db, params.marketId, query),
  closeDay: (ctx, { params, body, operator }) =>
    closeDay(ctx, { ...params, note: body.note ?? null, operatorId: operator.operatorId }),
  salesReport: (ctx, { params, query }) => salesReport(ctx.db, params.marketId, { ...query, by: query.by as ReportBy }),
} satisfies Partial<Handlers>;
