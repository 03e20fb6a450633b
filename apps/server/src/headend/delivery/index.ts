import { expireDue, openCommands, openSettings } from '../../commands/index.ts';
import { listMarketIds, sleepersOffline } from '../../devices/index.ts';
import type { Context } from '../../platform/context.ts';
import { type Loop, startLoop } from '../../platform/loop.ts';
import type { PlatformDelivery } from '../nb/delivery.ts';
import type { ConnectedDelivery } from './connected.ts';
import type { SettingDelivery } from './settings.ts';

const TICK_MS = 5_000;
const MAX_OPEN = 20_000;

/** Starts deliveries the moment a command is queued, and looks at everything open on a tick: a lost signal costs delay. */
export function startDelivery(
  ctx: Context,
  connected: ConnectedDelivery,
  settings: SettingDelivery,
  platforms: PlatformDelivery,
): Loop {
  const lookAtEverything = async () => {
    for (const marketId of await listMarketIds(ctx.db)) {
      const now = ctx.clock.now();
      await expireDue(ctx.db, marketId, now);
      await ctx.db.tx((tx) => sleepersOffline(tx, marketId, now));
      for (const { meterId } of await openCommands(ctx.db, marketId, 'connected', null, MAX_OPEN)) {
        connected.ensure(meterId);
      }
      for (const { meterId } of await openSettings(ctx.db, marketId, null, MAX_OPEN)) settings.ensure(meterId);
      platforms.poke(marketId);
    }
  };

  const loop = startLoop(
    {
      name: 'delivery',
      everyMs: TICK_MS,
      wakeOn: ['command'],
      async run(payloads) {
        if (payloads === null) return lookAtEverything();
        for (const payload of payloads) {
          const [marketId, ...meterIds] = payload.split(' ');
          for (const meterId of meterIds) connected.poke(meterId);
          if (!marketId) continue;
          platforms.poke(marketId);
          for (const { meterId } of await openSettings(ctx.db, marketId, meterIds, MAX_OPEN)) settings.poke(meterId);
        }
      },
    },
    ctx.signals,
    ctx.log,
  );
  return {
    async stop() {
      await loop.stop();
      await Promise.all([connected.stop(), settings.stop(), platforms.stop()]);
    },
  };
}
