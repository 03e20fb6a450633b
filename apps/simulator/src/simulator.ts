import { ElectricityMeter } from './electricity-meter.ts';
import { FaultPlan } from './faults.ts';
import { Journal } from './journal.ts';
import { Modem } from './modem.ts';
import { NbCycle } from './nb-cycle.ts';
import { NbPlatform } from './nb-platform.ts';
import { drawInt } from './random.ts';
import { realTimers, TimerGroup } from './timers.ts';
import type { Simulator, SimulatorOptions, SimulatorStats } from './types.ts';
import { WaterMeter } from './water-meter.ts';
import {
  type Counters,
  DEFAULT_PACE,
  newCounters,
  onWireMs,
  simulatorError,
  type WirePace,
  type World,
} from './world.ts';

const CONNECT_WITHIN_MS = 40_000;
/** How often faults begin and end and commands expire: every market minute, but not oftener than once a second. */
const TICK_MS = 60_000;
const TICK_LEAST_WIRE_MS = 1_000;

/**
 * Puts every device of a site on the wire: electricity meters on TCP connections of their own, water meters behind an
 * NB platform. Resolves when the platform listens; the meters come one by one within `connectWithinMs`.
 * Errors: `simulator.bad_site`; the listener's own (EADDRINUSE …).
 */
export async function startSimulator(options: SimulatorOptions, pace: WirePace = DEFAULT_PACE): Promise<Simulator> {
  const { site, log } = options;
  const journal = new Journal(options.stateFile);
  if (journal.droppedLines > 0) log(`state file: ${journal.droppedLines} unreadable lines dropped`);
  const timers = new TimerGroup(realTimers);
  const serials = site.stalls.flatMap((stall) => stall.meters.map((meter) => meter.serial));
  const world: World = {
    seed: options.seed,
    clock: options.clock,
    speed: options.speed,
    zone: site.market.timeZone,
    timers,
    pace,
    journal,
    faults: new FaultPlan(options.seed, options.clock, serials, options.faults),
    counters: newCounters(),
    log,
  };
  const platform = new NbPlatform(world, site.nbProducts, options.pushBaseUrl);
  const fleet = assemble(options, world, platform);
  const nbBaseUrl = await platform.listen(options.nbListen.host, options.nbListen.port);
  log(`NB platform on ${nbBaseUrl}; ${fleet.modems.length} electricity and ${fleet.cycles.length} water meters`);

  const withinMs = options.connectWithinMs ?? CONNECT_WITHIN_MS;
  const links = [...fleet.modems, ...fleet.cycles];
  for (const link of links) link.start(drawInt(0, withinMs, options.seed, link.meter.serial, 'first contact'));
  tick(world, platform, links);

  return {
    nbBaseUrl,
    stats: () => statsOf(fleet, world),
    electricity: (key) => find(fleet.modems, key),
    water: (key) => find(fleet.cycles, key),
    setFaults: (faults) => world.faults.enable(faults),
    async stop() {
      for (const link of links) link.stop();
      timers.cancelAll();
      await platform.stop();
      journal.close();
    },
  };
}

interface Fleet {
  readonly modems: readonly Modem[];
  readonly cycles: readonly NbCycle[];
}

/** Nobody uses anything in a stall without an account. */
const VACANT_LOAD = 0;

function assemble(options: SimulatorOptions, world: World, platform: NbPlatform): Fleet {
  const server = { host: options.deviceHost, port: options.devicePort };
  const occupied = new Set(options.site.accounts.flatMap((account) => account.stalls));
  const modems: Modem[] = [];
  const cycles: NbCycle[] = [];
  for (const { code, stallType, meters } of options.site.stalls) {
    for (const site of meters) {
      const link =
        site.link === 'acrel4g'
          ? new Modem(new ElectricityMeter(site, stallType, world), world, server)
          : new NbCycle(new WaterMeter(site, stallType, world), platform, world);
      if (!occupied.has(code)) link.meter.setLoad(VACANT_LOAD);
      if (link instanceof Modem) modems.push(link);
      else cycles.push(link);
    }
  }
  return { modems, cycles };
}

/** Meters go off the air and come back, and registers fall back, as the fault plan says. */
function tick(world: World, platform: NbPlatform, links: Iterable<Modem | NbCycle>): void {
  const jammed = new Set<string>();
  const run = () => {
    for (const { meter } of links) {
      if (world.faults.decreaseDue(meter.serial)) meter.forceDecrease();
      const offline = world.faults.active('offline', meter.serial);
      if (offline && meter.onAir) {
        world.faults.injected.offline += 1;
        jammed.add(meter.serial);
        meter.disconnect();
      } else if (!offline && jammed.delete(meter.serial)) {
        meter.reconnect();
      }
    }
    platform.expireAll();
    world.timers.after(Math.max(onWireMs(world, TICK_MS), TICK_LEAST_WIRE_MS), run);
  };
  run();
}

function find<Meter extends { serial: string; linkKey: string }>(
  links: readonly { meter: Meter }[],
  key: string,
): Meter {
  const link = links.find(({ meter }) => meter.serial === key || meter.linkKey === key);
  if (!link) throw simulatorError('simulator.unknown_meter', `no such meter: ${key}`);
  return link.meter;
}

function statsOf({ modems, cycles }: Fleet, world: World): SimulatorStats {
  const counters: Readonly<Counters> = world.counters;
  return {
    electricity: { connected: modems.filter((modem) => modem.connected).length, total: modems.length },
    water: { attached: cycles.filter((cycle) => cycle.attached).length, total: cycles.length },
    ...counters,
    faultsInjected: { ...world.faults.injected },
  };
}
