import type { Context } from '../platform/context.ts';
import { type Loop, startLoop } from '../platform/loop.ts';
import { type ControlScope, evaluate } from './service.ts';
import { listMarketIds } from './store.ts';

/** A top-up must have its close command on the wire within the second, so its signal hardly waits for company. */
const COALESCE_MS = 20;
/** Waiting times, ends of overrides, reports that disagree and lost signals are found this often, in real time. */
const SWEEP_EVERY_MS = 2_000;

/** Decides where a balance changed at once, and everywhere on each sweep. */
export function startControl(ctx: Context): Loop {
  let sweptAt = Number.NEGATIVE_INFINITY;
  return startLoop(
    {
      name: 'control',
      everyMs: SWEEP_EVERY_MS,
      wakeOn: ['balance'],
      coalesceMs: COALESCE_MS,
      async run(payloads) {
        if (payloads !== null) await evaluateAll(ctx, scopesOf(payloads));
        if (payloads !== null && performance.now() - sweptAt < SWEEP_EVERY_MS) return;
        sweptAt = performance.now();
        await evaluateAll(
          ctx,
          (await listMarketIds(ctx.db)).map((marketId) => ({ marketId })),
        );
      },
    },
    ctx.signals,
    ctx.log,
  );
}

/** A market in trouble does not keep the others waiting. */
async function evaluateAll(ctx: Context, scopes: readonly ControlScope[]): Promise<void> {
  for (const scope of scopes) {
    try {
      await evaluate(ctx, scope);
    } catch (error) {
      ctx.log.error(
        { err: error, marketId: scope.marketId },
        'control: a market could not be decided; the next sweep will',
      );
    }
  }
}

/** Payloads are `market account…`; one without accounts is the whole market. */
function scopesOf(payloads: ReadonlySet<string>): ControlScope[] {
  const accounts = new Map<string, Set<string>>();
  const whole = new Set<string>();
  for (const payload of payloads) {
    const [marketId = '', ...accountIds] = payload.split(' ');
    if (accountIds.length === 0) whole.add(marketId);
    accounts.set(marketId, new Set([...(accounts.get(marketId) ?? []), ...accountIds]));
  }
  return [...accounts].map(([marketId, ids]) =>
    whole.has(marketId) ? { marketId } : { marketId, accountIds: [...ids] },
  );
}
