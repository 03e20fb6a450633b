import { Bus, type BusHabits } from '../bus/bus.ts';
import { BusMeters, type SerialMeter } from '../bus/bus-meters.ts';
import { busPlaceOf } from '../bus-place.ts';
import type { SiteMeter } from '../site.ts';
import type { World } from '../world.ts';

export type WiredMeter = SerialMeter & { readonly site: SiteMeter };

/** The lines of one gateway, by its port, each with its meters. They have power of their own: the gateway's is another. */
export class BusLines {
  readonly byPort: ReadonlyMap<string, Bus>;
  readonly #meters: readonly BusMeters[];

  constructor(linkKey: string, world: World, meters: readonly WiredMeter[], habits: BusHabits) {
    const ports = Map.groupBy(meters, ({ site }) => busPlaceOf(site).port);
    const lines = [...ports].map(([port, wired]) => ({
      port,
      wired,
      bus: new Bus(`${linkKey}/${port}`, world, habits),
    }));
    this.byPort = new Map(lines.map(({ port, bus }) => [port, bus]));
    this.#meters = lines.map(({ bus, wired }) => new BusMeters(bus, world, wired));
  }

  stop(): void {
    for (const meters of this.#meters) meters.stop();
    for (const bus of this.byPort.values()) bus.stop();
  }
}
