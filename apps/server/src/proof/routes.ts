import type { Handlers } from '../platform/handlers.ts';
import { proofOf } from './service.ts';

export const proofRoutes = {
  proof: (ctx, { params }) => proofOf(ctx.db, params.marketId, params.txId),
} satisfies Partial<Handlers>;
