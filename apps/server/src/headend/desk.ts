import { OpenPrepayError, type Quantity, quantity } from '@openprepay/kernel';
import { meterModels } from '@openprepay/protocols';
import { type Detail, driverOf, SETTING_KINDS, type SettingKind } from '@openprepay/protocols/driver';
import type { Device } from '../devices/index.ts';
import type { Context } from '../platform/context.ts';
import { clockDriftS } from './clock-drift.ts';
import { outcomeOf, type SilentOutcome } from './converse.ts';
import { headendError } from './errors.ts';
import type { FrameRing, TracedFrame } from './frame-ring.ts';
import type { LinkEnv } from './link.ts';
import { PRIORITY, type Session } from './reachable.ts';
import { readMeter } from './read.ts';
import { readAtOf } from './report.ts';
import { splitBusAddress } from './sessions.ts';

/** What a meter said when a person asked it, and everything that went over the wire for it. */
export interface SaidNow {
  readonly outcome: 'read' | SilentOutcome | 'not_connected';
  /** In words, where it was not read. */
  readonly problem: string | null;
  readonly reading: {
    readonly readAt: Date;
    /** After CT. */
    readonly total: Quantity;
    readonly tariffs: readonly (bigint | null)[] | null;
    readonly switchState: 'on' | 'off' | 'fault' | null;
    readonly batteryLow: boolean | null;
    readonly clockDriftS: number | null;
    readonly details: readonly Detail[];
  } | null;
  readonly frames: readonly TracedFrame[];
}

/** What other rooms may see and ask of the head-end of this process. */
export interface HeadendDesk {
  readonly frames: FrameRing;
  sessions(): Iterable<Session>;
  /** Whether a meter of this market can be asked now. */
  reaches(marketId: string, meterId: string): boolean;
  /** Reads a meter for a person. @throws headend.queue_full; what intake throws */
  readNow(marketId: string, meterId: string): Promise<SaidNow>;
}

const MAX_FRAMES_SHOWN = 100;
const NOT_CONNECTED: SaidNow = { outcome: 'not_connected', problem: 'not connected', reading: null, frames: [] };

const desks = new WeakMap<Context, HeadendDesk>();

/** Opens the desk of the head-end that runs on this context. @returns what closes it */
export function openDesk(env: LinkEnv, frames: FrameRing): () => void {
  const { ctx, sessions } = env;
  const find = (marketId: string, meterId: string) => {
    const meter = sessions.meter(meterId);
    return meter?.device.marketId === marketId ? meter : undefined;
  };
  desks.set(ctx, {
    frames,
    sessions: () => sessions.all(),
    reaches: (marketId, meterId) => find(marketId, meterId) !== undefined,
    async readNow(marketId, meterId) {
      const meter = find(marketId, meterId);
      if (!meter) return NOT_CONNECTED;
      const { device } = meter;
      const from = frames.next;
      const passed = () => frames.since({ marketId, meterId }, from, MAX_FRAMES_SHOWN).frames;
      try {
        const shown = await readMeter(env, meter, PRIORITY.person, 'on_demand');
        const at = ctx.clock.now();
        const ctRatio = BigInt(device.ctRatio);
        const reading = {
          readAt: readAtOf(shown.clock, device.timeZone, at),
          total: quantity(shown.total * ctRatio),
          tariffs: shown.tariffs?.map((value) => value && value * ctRatio) ?? null,
          switchState: shown.switchState,
          batteryLow: shown.batteryLow,
          clockDriftS: clockDriftS(shown.clock, device.timeZone, at),
          details: shown.details,
        };
        return { outcome: 'read', problem: null, reading, frames: passed() };
      } catch (error) {
        if (isClosed(error)) return { ...NOT_CONNECTED, frames: passed() };
        return { outcome: outcomeOf(error), problem: String(error), reading: null, frames: passed() };
      }
    },
  });
  return () => desks.delete(ctx);
}

const isClosed = (error: unknown): boolean =>
  error instanceof OpenPrepayError && error.code === 'headend.connection_closed';

/** @throws headend.not_here where this process runs no head-end */
export function deskOf(ctx: Context): HeadendDesk {
  const desk = desks.get(ctx);
  if (!desk) throw headendError('headend.not_here', 'this process is not connected to any device');
  return desk;
}

/** What a meter can be told over its link. A sleeping one behind a platform takes only orders of its valve. */
export function settingsOf(
  meter: Pick<Device, 'model' | 'busAddress' | 'access'> & { readonly link: string },
): readonly SettingKind[] {
  const model = meterModels[meter.model];
  if (!model || meter.link === 'nb') return [];
  const point = { model, address: splitBusAddress(meter.busAddress).address, access: meter.access };
  return SETTING_KINDS.filter((kind) => driverOf(model).setting(point, kind) !== null);
}
