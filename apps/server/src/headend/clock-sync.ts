import { enqueueSetting } from '../commands/index.ts';
import type { Context } from '../platform/context.ts';
import type { Queryable } from '../platform/database.ts';
import { type Loop, startLoop } from '../platform/loop.ts';
import type { LinkEnv } from './link.ts';
import type { ReachableMeter } from './reachable.ts';

const LOOK_EVERY_MS = 60_000;
/** A clock that is further off is set. */
export const SYNC_ABOVE_S = 60;
/** A meter is told at most once a day, whatever becomes of it. */
const SYNC_EVERY_MS = 86_400_000;
/** By the next day it is compared and ordered anew. */
const ORDER_HOLDS_MS = SYNC_EVERY_MS;
const MAX_A_LOOK = 1_000;

type Env = Pick<LinkEnv, 'ctx'> & { readonly sessions: Pick<LinkEnv['sessions'], 'meters'> };

/**
 * Orders clocks to be set that are more than a minute off, where the meter can be told. Each order is a command like a
 * person's, with `clock_drift` as its cause: on record, delivered, and confirmed by the meter's own read-back.
 */
export function startClockSync(env: Env, everyMs = LOOK_EVERY_MS): Loop {
  const { ctx } = env;
  const run = async () => {
    const able = [...env.sessions.meters()].filter(canBeSet);
    for (const [marketId, meters] of Map.groupBy(able, ({ device }) => device.marketId)) {
      const meterIds = meters.map(({ device }) => device.meterId);
      const wrong = await wrongClocks(ctx.db, marketId, meterIds, ctx.clock.now());
      if (wrong.length > 0) await orderSync(ctx, marketId, wrong);
    }
  };
  return startLoop({ name: 'clock sync', everyMs, run }, ctx.signals, ctx.log);
}

const canBeSet = ({ driver, point }: ReachableMeter): boolean => driver.setting(point, 'clock') !== null;

/** Those of the meters whose clock was found wrong within the last day, and who were told nothing since. */
async function wrongClocks(db: Queryable, marketId: string, meterIds: readonly string[], now: Date): Promise<string[]> {
  const rows = await db.query<{ meter_id: string }>(
    `select meter_id from meter_state state
     where market_id = $1 and meter_id = any($2::uuid[]) and abs(clock_drift_s) > $3 and clock_checked_at > $4
       and not exists (
         select 1 from command
         where command.market_id = $1 and command.meter_id = state.meter_id and command.kind = 'clock'
           and command.created_at > $4)
     order by meter_id limit $5`,
    [marketId, meterIds, SYNC_ABOVE_S, new Date(now.getTime() - SYNC_EVERY_MS), MAX_A_LOOK],
  );
  return rows.map((row) => row.meter_id);
}

async function orderSync(ctx: Context, marketId: string, meterIds: readonly string[]): Promise<void> {
  const createdAt = ctx.clock.now();
  const expiresAt = new Date(createdAt.getTime() + ORDER_HOLDS_MS);
  const common = {
    marketId,
    kind: 'clock',
    value: {},
    cause: 'clock_drift',
    operatorId: null,
    createdAt,
    expiresAt,
  } as const;
  await ctx.db.tx((tx) =>
    enqueueSetting(
      tx,
      meterIds.map((meterId) => ({ ...common, meterId })),
    ),
  );
}
