import { startSealing } from '../platform/chain.ts';
import type { Context } from '../platform/context.ts';
import type { Loop } from '../platform/loop.ts';
import { INSTALLATION } from './audit.ts';
import { auditChain } from './audit-chain.ts';

/** Seals the new entries of every market's audit, and of the installation's. */
export const startAuditSealing = (ctx: Context): Loop =>
  startSealing(ctx, auditChain, async () => {
    const markets = await ctx.db.query<{ market_id: string }>('select market_id from market order by market_id');
    return [INSTALLATION, ...markets.map(({ market_id }) => market_id)];
  });
