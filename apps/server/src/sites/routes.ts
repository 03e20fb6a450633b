import type { Handlers } from '../platform/handlers.ts';
import { gridOf } from './grid.ts';
import { listMarkets } from './service.ts';
import { stallDetail } from './stall.ts';

export const sitesRoutes = {
  async markets(ctx, { program }) {
    return { at: ctx.clock.now().toISOString(), clockSpeed: program.clockSpeed, markets: await listMarkets(ctx.db) };
  },
  async grid(ctx, { params }) {
    return gridOf(ctx.db, ctx.clock, params.marketId);
  },
  async stall(ctx, { params }) {
    return stallDetail(ctx.db, ctx.clock, params.marketId, params.stallId);
  },
} satisfies Partial<Handlers>;
