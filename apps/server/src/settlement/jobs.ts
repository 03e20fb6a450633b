import type { Context } from '../platform/context.ts';
import { type Loop, startLoop } from '../platform/loop.ts';
import { chargeSilentMeters } from './provisional.ts';
import { settleMarket } from './service.ts';
import { listMarkets } from './store.ts';
import type { Settled } from './types.ts';

const EVERY_MS = 5_000;
/** Readings come in bursts; what comes within this time is settled in one go. */
const COALESCE_MS = 150;
/** Silence is looked for at ends of days; a minute late is early enough. */
const SILENCE_EVERY_MS = 60_000;
const MAX_SHOWN = 10;

/** Settles whenever readings came in, and every five seconds whatever was heard. */
export function startSettlement(ctx: Context): Loop {
  const run = eachMarket(ctx, settleMarket, {
    failed: 'a market could not be settled; it will be tried again',
    skipped: 'meters that cannot be settled',
    none: 'all meters can be settled again',
  });
  return startLoop(
    { name: 'settlement', everyMs: EVERY_MS, wakeOn: ['readings'], coalesceMs: COALESCE_MS, run },
    ctx.signals,
    ctx.log,
  );
}

/** Charges meters without data by their average, in markets that do. */
export function startProvisional(ctx: Context): Loop {
  const run = eachMarket(ctx, chargeSilentMeters, {
    failed: 'meters without data could not be charged; it will be tried again',
    skipped: 'meters without data that cannot be charged',
    none: 'all meters without data can be charged again',
  });
  return startLoop({ name: 'provisional charges', everyMs: SILENCE_EVERY_MS, run }, ctx.signals, ctx.log);
}

interface Said {
  readonly failed: string;
  readonly skipped: string;
  readonly none: string;
}

/** One market after the other; a market that fails stops no other, and what is skipped is said when it changes. */
function eachMarket(ctx: Context, work: (ctx: Context, marketId: string) => Promise<Settled>, said: Said) {
  const lastSkipped = new Map<string, string>();

  const settle = async (marketId: string) => {
    const { skipped } = await work(ctx, marketId);
    const summary = skipped.map(({ meterId, code }) => `${meterId} ${code}`).join();
    if (summary === (lastSkipped.get(marketId) ?? '')) return;
    lastSkipped.set(marketId, summary);
    const detail = { marketId, count: skipped.length, meters: skipped.slice(0, MAX_SHOWN) };
    if (skipped.length > 0) ctx.log.warn(detail, said.skipped);
    else ctx.log.info(detail, said.none);
  };

  return async (payloads: ReadonlySet<string> | null) => {
    const all = (await listMarkets(ctx.db)).map(({ marketId }) => marketId);
    for (const marketId of payloads === null ? all : all.filter((one) => payloads.has(one))) {
      try {
        await settle(marketId);
      } catch (error) {
        ctx.log.error({ err: error, marketId }, said.failed);
      }
    }
  };
}
