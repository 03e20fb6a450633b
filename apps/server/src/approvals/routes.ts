import type { Handlers } from '../platform/handlers.ts';
import { approvalOf, decideApproval, listApprovals, requestApproval, withdrawApproval } from './service.ts';

export const approvalsRoutes = {
  approvals: (ctx, { params, query, operator }) => listApprovals(ctx, params.marketId, query, operator),
  approval: (ctx, { params, operator }) =>
    approvalOf(ctx.db, params.marketId, params.approvalId, ctx.clock.now(), operator),
  requestApproval: (ctx, { params, body, operator }) => requestApproval(ctx, params.marketId, body, operator),
  decideApproval: (ctx, { params, body, operator }) =>
    decideApproval(ctx, params.marketId, params.approvalId, body, operator),
  withdrawApproval: (ctx, { params, operator }) => withdrawApproval(ctx, params.marketId, params.approvalId, operator),
} satisfies Partial<Handlers>;
