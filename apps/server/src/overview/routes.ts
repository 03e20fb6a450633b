import type { Handlers } from '../platform/handlers.ts';
import { overviewOf } from './service.ts';
import { setUpOf } from './set-up.ts';

export const overviewRoutes = {
  setUp: (ctx, { params }) => setUpOf(ctx.db, params.marketId, ctx.clock.now()),
  overview: (ctx, { params, operator, buildingIds }) => overviewOf(ctx, params.marketId, operator, buildingIds),
} satisfies Partial<Handlers>;
