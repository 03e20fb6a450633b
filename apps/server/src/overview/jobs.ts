import type { Context } from '../platform/context.ts';
import { type Loop, startLoop } from '../platform/loop.ts';
import { begun, twoDays } from './days.ts';
import { forgetHours, hoursMade, makeHour, marketsKept } from './store.ts';

const EVERY_MS = 30_000;
/** Of hours nobody worked out yet: after a start, or where a demonstration's hours pass in seconds. */
const MISSING_AT_ONCE = 8;
const KEPT_MS = 62 * 86_400_000;

/** Keeps the hours of every market. */
export const startHours = (ctx: Context): Loop =>
  startLoop(
    {
      name: 'hours of use',
      everyMs: EVERY_MS,
      run: async () => {
        for (const market of await marketsKept(ctx.db)) await keepHours(ctx, market);
      },
    },
    ctx.signals,
    ctx.log,
  );

/**
 * Works out the present hour, some that are missing, latest first, and the one that was worked out longest ago: so what comes in
 * late is in its hour within the hour.
 */
export async function keepHours(
  { db, clock }: Context,
  market: { readonly marketId: string; readonly timeZone: string; readonly createdAt: Date },
): Promise<void> {
  const at = clock.now();
  const { marketId, createdAt } = market;
  const hours = begun(twoDays(at, market.timeZone)).filter(({ to }) => to > createdAt);
  const since = hours[0]?.from ?? at;
  const made = await hoursMade(db, marketId, since);
  const known = new Set(made.map(({ hourAt }) => hourAt.getTime()));
  const past = hours.slice(0, -1);
  const missing = past.filter(({ from }) => !known.has(from.getTime())).slice(-MISSING_AT_ONCE);
  const oldest = past.find(({ from }) => from.getTime() === made[0]?.hourAt.getTime());
  for (const hour of [...hours.slice(-1), ...missing.reverse(), ...(oldest ? [oldest] : [])]) {
    await makeHour(db, marketId, hour, at, hour === hours.at(-1));
  }
  await forgetHours(db, marketId, new Date(at.getTime() - KEPT_MS));
}
