import type { Handlers } from './handlers.ts';

export const healthRoutes = {
  async health(ctx, { program }) {
    await ctx.db.query('select 1');
    return { ok: true, version: program.version };
  },
} satisfies Partial<Handlers>;
