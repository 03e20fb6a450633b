import { startSealing } from '../platform/chain.ts';
import type { Context } from '../platform/context.ts';
import type { Loop } from '../platform/loop.ts';
import { ledgerChain } from './seal.ts';

/** Seals every market's new transactions. */
export const startLedgerSealing = (ctx: Context): Loop =>
  startSealing(ctx, ledgerChain, async () => {
    const markets = await ctx.db.query<{ market_id: string }>('select market_id from market order by market_id');
    return markets.map(({ market_id }) => market_id);
  });
