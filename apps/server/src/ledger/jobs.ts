import type { Context } from '../platform/context.ts';
import { type Loop, startLoop } from '../platform/loop.ts';
import { sealMarket } from './seal.ts';

const EVERY_MS = 5_000;
/** Of market time: how often everything is looked at, not only what is recent. */
const SWEEP_EVERY_MS = 15 * 60_000;

/** Seals every market's new transactions, every five seconds. */
export function startSealing(ctx: Context): Loop {
  const sweptAtMs = new Map<string, number>();

  const run = async () => {
    const markets = await ctx.db.query<{ market_id: string }>('select market_id from market order by market_id');
    for (const { market_id: marketId } of markets) {
      const now = ctx.clock.now();
      const isDue = now.getTime() - (sweptAtMs.get(marketId) ?? Number.NEGATIVE_INFINITY) >= SWEEP_EVERY_MS;
      try {
        await sealMarket(ctx.db, marketId, now, isDue ? 'everything' : 'recent');
        if (isDue) sweptAtMs.set(marketId, now.getTime());
      } catch (error) {
        ctx.log.error({ err: error, marketId }, 'a ledger could not be sealed; it will be tried again');
      }
    }
  };

  return startLoop({ name: 'seal', everyMs: EVERY_MS, run }, ctx.signals, ctx.log);
}
