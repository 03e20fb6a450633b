import { FaultPlan } from './faults.ts';
import { assemble, type Fleet } from './fleet.ts';
import type { Link } from './gateways/link.ts';
import { Journal } from './journal.ts';
import type { AnyMeter } from './make-meter.ts';
import { NbPlatform } from './nb-platform.ts';
import { drawInt } from './random.ts';
import { realTimers, TimerGroup } from './timers.ts';
import type { Simulator, SimulatorOptions, SimulatorStats, VirtualMeter } from './types.ts';
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
 * Puts every device of a site on the wire: meters with modems on TCP connections of their own, others on the lines of their
 * gateways, at an MQTT broker, or behind an NB platform. Resolves when the platform listens; the meters come one by one within `connectWithinMs`.
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
  log(`NB platform on ${nbBaseUrl}; ${fleet.meters.length} meters, ${fleet.gateways.length} gateways`);

  const withinMs = options.connectWithinMs ?? CONNECT_WITHIN_MS;
  const links: readonly Link[] = [...fleet.modems, ...fleet.cycles, ...fleet.gateways];
  for (const meter of fleet.meters) if (!(meter instanceof WaterMeter)) meter.powerUp();
  for (const link of links) link.start(drawInt(0, withinMs, options.seed, link.linkKey, 'first contact'));
  tick(world, platform, fleet.meters);
  const products = new Set(site.nbProducts.map(({ productId }) => productId));

  return {
    nbBaseUrl,
    stats: () => statsOf(fleet, world),
    electricity: (key) => find(fleet.meters.filter(isElectric), key),
    water: (key) => find(fleet.meters.filter(isWater), key),
    meter: (key) => find(fleet.meters, key),
    unplug: (key) => (products.has(key) ? platform.pause(key) : findLink(links, key).unplug()),
    plug: (key) => (products.has(key) ? platform.resume(key) : findLink(links, key).plug()),
    setFaults: (faults) => world.faults.enable(faults),
    async stop() {
      await Promise.all(links.map((link) => link.stop()));
      timers.cancelAll();
      await platform.stop();
      journal.close();
    },
  };
}

const isWater = (meter: AnyMeter): meter is WaterMeter => meter instanceof WaterMeter;
const isElectric = (meter: AnyMeter): meter is Exclude<AnyMeter, WaterMeter> => !isWater(meter);

/** Meters go off the air and come back, and registers fall back, as the fault plan says. */
function tick(world: World, platform: NbPlatform, meters: Iterable<AnyMeter>): void {
  const jammed = new Set<string>();
  const run = () => {
    for (const meter of meters) {
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

function find<Meter extends VirtualMeter>(meters: readonly Meter[], key: string): Meter {
  const [named] = meters.filter(({ serial }) => serial === key);
  const behind = meters.filter(({ linkKey }) => linkKey === key);
  const meter = named ?? (behind.length === 1 ? behind[0] : undefined);
  if (!meter) throw simulatorError('simulator.unknown_meter', `no such meter: ${key}`);
  return meter;
}

function findLink(links: readonly Link[], key: string): Link {
  const link = links.find(({ linkKey }) => linkKey === key);
  if (!link) throw simulatorError('simulator.unknown_link', `no such link: ${key}`);
  return link;
}

function statsOf({ modems, cycles, gateways }: Fleet, world: World): SimulatorStats {
  const counters: Readonly<Counters> = world.counters;
  return {
    electricity: { connected: modems.filter((modem) => modem.connected).length, total: modems.length },
    water: { attached: cycles.filter((cycle) => cycle.attached).length, total: cycles.length },
    gateways: { connected: gateways.filter((gateway) => gateway.connected).length, total: gateways.length },
    ...counters,
    faultsInjected: { ...world.faults.injected },
  };
}
