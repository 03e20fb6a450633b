import { isDeepStrictEqual } from 'node:util';
import { listMarketIds } from '../devices/index.ts';
import { type Loop, startLoop } from '../platform/loop.ts';
import { type Claimed, claimedOf, keyOf } from './gateways.ts';
import type { LinkEnv } from './link.ts';
import type { Listener } from './listener/listener.ts';
import type { Dialler } from './modbus-tcp/dialler.ts';
import type { ConnectedSession } from './sessions.ts';

const EVERY_MS = 60_000;
/** An import tells of its meters in several signals. */
const COALESCE_MS = 100;

/**
 * Brings what people change in the register to the devices that are connected: a claimed one becomes a session at once, a
 * changed meter is spoken to in its new way, a retired one no longer.
 */
export function startReload(env: LinkEnv, listener: Listener, dialler: Dialler): Loop {
  const { ctx } = env;
  return startLoop(
    {
      name: 'devices of the head-end',
      everyMs: EVERY_MS,
      wakeOn: ['device'],
      coalesceMs: COALESCE_MS,
      async run(payloads) {
        const heard = new Set([...(payloads ?? [])].map((payload) => payload.split(' ')[0] ?? ''));
        const claimedKeys = new Set<string>();
        for (const marketId of await listMarketIds(ctx.db)) {
          if (payloads && !heard.has(marketId)) continue;
          const claimed = await claimedOf(ctx.db, marketId);
          for (const key of claimed.keys()) claimedKeys.add(key);
          for (const session of [...env.sessions.all()]) {
            if (session.marketId === marketId) renew(env, session, claimed.get(keyOf(session)));
          }
          dialler.setMarket(marketId, claimed.values());
        }
        await listener.reload(claimedKeys);
      },
    },
    ctx.signals,
    ctx.log,
  );
}

function renew(env: LinkEnv, session: ConnectedSession, claimed: Claimed | undefined): void {
  if (!claimed) session.hangUp('closed_unclaimed');
  // How a line is driven is settled when it begins.
  else if (!isDeepStrictEqual(session.gateway, claimed.gateway)) session.hangUp('closed_for_new_settings');
  else move(env, session, claimed);
}

function move(env: LinkEnv, session: ConnectedSession, { devices }: Claimed): void {
  const { contacts, ctx, sessions } = env;
  const before = session.meters;
  for (const meter of sessions.setDevices(session, devices)) env.onReachable(meter);
  for (const { device } of before) {
    const { marketId, meterId } = device;
    if (!sessions.meter(meterId)) contacts.note({ marketId, meterId, at: ctx.clock.now(), online: false });
  }
}
