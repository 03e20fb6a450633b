import { type BusHabits, DEFAULT_BUS } from './bus/bus.ts';
import { ElectricityMeter } from './electricity-meter.ts';
import { AcrelGateway } from './gateways/acrel-gateway.ts';
import { Dtu } from './gateways/dtu.ts';
import type { Link } from './gateways/link.ts';
import { ModbusTcpGateway } from './gateways/modbus-tcp.ts';
import { type AnyMeter, makeMeter } from './make-meter.ts';
import { Modem } from './modem.ts';
import { MqttLink } from './mqtt/mqtt-link.ts';
import { NbCycle } from './nb-cycle.ts';
import type { NbPlatform } from './nb-platform.ts';
import type { Site, SiteGateway, SiteMeter } from './site.ts';
import type { SimulatorOptions } from './types.ts';
import { WaterMeter } from './water-meter.ts';
import { simulatorError, type World } from './world.ts';

/** Every device of a market, and the ways to them. */
export interface Fleet {
  readonly meters: readonly AnyMeter[];
  readonly modems: readonly Modem[];
  readonly cycles: readonly NbCycle[];
  readonly gateways: readonly Link[];
}

/** Nobody uses anything in a stall without an account. */
const VACANT_LOAD = 0;

/** Errors: `simulator.bad_site` where a meter cannot be, or hangs on a gateway that the site does not name. */
export function assemble(options: SimulatorOptions, world: World, platform: NbPlatform): Fleet {
  const meters = metersOf(options.site, world);
  const direct = meters.filter(({ site }) => site.link === 'acrel4g');
  const server = { host: options.deviceHost, port: options.devicePort };
  return {
    meters,
    modems: direct.map((meter) => new Modem(mustBe(ElectricityMeter, meter), world, server)),
    cycles: meters
      .filter(({ site }) => site.link === 'nb')
      .map((meter) => new NbCycle(mustBe(WaterMeter, meter), platform, world)),
    gateways: gatewaysOf(options, world, meters),
  };
}

function metersOf({ stalls, accounts }: Site, world: World): AnyMeter[] {
  const occupied = new Set(accounts.flatMap((account) => account.stalls));
  return stalls.flatMap(({ code, stallType, meters }) =>
    meters.map((site) => {
      const meter = makeMeter(site, stallType, world);
      if (!occupied.has(code)) meter.setLoad(VACANT_LOAD);
      return meter;
    }),
  );
}

function gatewaysOf(options: SimulatorOptions, world: World, meters: readonly AnyMeter[]): Link[] {
  const keyOf = ({ link, linkKey }: Pick<SiteMeter, 'link' | 'linkKey'>) => `${link} ${linkKey}`;
  const behind = Map.groupBy(
    meters.filter(({ site }) => site.link !== 'acrel4g' && site.link !== 'nb'),
    ({ site }) => keyOf(site),
  );
  const named = options.site.gateways ?? [];
  const missing = [...behind.keys()].find((key) => !named.some((gateway) => keyOf(gateway) === key));
  if (missing !== undefined) throw simulatorError('simulator.bad_site', `no gateway: ${missing}`);
  const bus = { ...DEFAULT_BUS, ...options.bus };
  return named.flatMap((gateway) => {
    const wired = behind.get(keyOf(gateway)) ?? [];
    const link = gatewayOf(gateway, wired, options, world, bus);
    if (!link) return [];
    for (const meter of wired) if (!(meter instanceof WaterMeter)) meter.isConnected = () => link.connected;
    return link;
  });
}

/** Null where there is no broker for it. */
function gatewayOf(
  gateway: SiteGateway,
  meters: readonly AnyMeter[],
  options: SimulatorOptions,
  world: World,
  bus: BusHabits,
): Link | null {
  const server = { host: options.deviceHost, port: options.devicePort };
  switch (gateway.link) {
    case 'dtu':
      return new Dtu(gateway, meters, world, server, bus);
    case 'acrelgw':
      return new AcrelGateway(gateway, meters, world, server, bus);
    case 'modbus_tcp':
      return new ModbusTcpGateway(gateway, meters, world, bus);
    case 'mqtt':
      return options.mqttUrl === undefined ? null : new MqttLink(gateway, meters, world, options.mqttUrl, bus);
  }
}

function mustBe<Meter extends AnyMeter>(make: abstract new (...args: never[]) => Meter, meter: AnyMeter): Meter {
  if (meter instanceof make) return meter;
  throw simulatorError('simulator.bad_site', `${meter.site.model} does not go with ${meter.site.link}`);
}
