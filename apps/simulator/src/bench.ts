import { type Clock, systemClock } from '@openprepay/kernel';
import { type Bridge, serveClients } from './bridge.ts';
import { Bus, type BusHabits, DEFAULT_BUS } from './bus/bus.ts';
import { BusMeters } from './bus/bus-meters.ts';
import { FaultPlan } from './faults.ts';
import { Journal } from './journal.ts';
import { type AnyMeter, makeMeter } from './make-meter.ts';
import type { SiteMeter } from './site.ts';
import { realTimers, TimerGroup } from './timers.ts';
import { DEFAULT_PACE, newCounters, simulatorError, type World } from './world.ts';

/** What a meter on the bench must be told; the rest of a site's meter follows from it. */
export type BenchMeter = Pick<SiteMeter, 'model' | 'serial' | 'busAddress'> & Partial<SiteMeter>;

export interface BenchOptions {
  /** All of them on one RS485 line. */
  readonly meters: readonly BenchMeter[];
  /** 0 takes a free one. */
  readonly port: number;
  readonly clock?: Clock;
  readonly seed?: number;
  /** The meters' memory; without it they forget everything at the end. */
  readonly stateFile?: string;
  readonly bus?: Partial<BusHabits>;
}

export interface Bench extends Bridge {
  /** Errors: `simulator.unknown_meter`. */
  meter(serial: string): AnyMeter;
}

const ZONE = 'Asia/Shanghai';

/**
 * Virtual meters on one RS485 line, reachable as over a transparent converter: every TCP client is another master on it, and
 * two that speak at once spoil each other. Listens on the loopback interface.
 * Errors: `simulator.bad_site` for an unknown model; the listener's own (EADDRINUSE …).
 */
export async function startBench(options: BenchOptions): Promise<Bench> {
  const { seed = 1, clock = systemClock } = options;
  const timers = new TimerGroup(realTimers);
  const serials = options.meters.map(({ serial }) => serial);
  const world: World = {
    seed,
    clock,
    speed: 1,
    zone: ZONE,
    timers,
    pace: DEFAULT_PACE,
    journal: new Journal(options.stateFile ?? null),
    faults: new FaultPlan(seed, clock, serials, []),
    counters: newCounters(),
    log: () => {},
  };
  const bus = new Bus('bench', world, { ...DEFAULT_BUS, ...options.bus });
  const meters = options.meters.map((meter) => makeMeter(siteOf(meter), 'general', world));
  const wired = new BusMeters(bus, world, meters);
  const listener = await serveClients(options.port, (socket) => {
    const station = bus.join({ name: 'master', master: true, hear: (bytes) => void socket.write(bytes) });
    socket.on('data', (chunk) => station.send(chunk));
    socket.on('close', () => station.leave());
  });
  return {
    port: listener.port,
    meter(serial) {
      const meter = meters.find((candidate) => candidate.serial === serial);
      if (!meter) throw simulatorError('simulator.unknown_meter', `no such meter: ${serial}`);
      return meter;
    },
    async close() {
      await listener.close();
      wired.stop();
      bus.stop();
      timers.cancelAll();
      world.journal.close();
    },
  };
}

const siteOf = (meter: BenchMeter): SiteMeter => ({
  kind: 'electricity',
  ctRatio: 1,
  link: 'dtu',
  linkKey: 'bench',
  ...meter,
});
