import { type ZonedParts, zonedParts } from '@openprepay/kernel';
import { electrical, type ThreePhases } from './electrical.ts';
import { type BodyMemory, MeterBody } from './meter-body.ts';
import { type ClockMemory, MeterClock } from './meter-clock.ts';
import { drawInt } from './random.ts';
import type { SiteMeter, StallType } from './site.ts';
import { FACTORY_DAY, type Slot, spreadTicks, type Tariff, tariffOf } from './tariffs.ts';
import type { Speech, VirtualElectricityMeter } from './types.ts';
import { nowMs, type World } from './world.ts';

/** 400–30,000 kWh before the simulation begins. */
const OPENING_TICKS = { least: 40_000, most: 3_000_000 };

export interface PowerMemory extends BodyMemory<Tariff> {
  readonly clock: ClockMemory;
}

/** What electricity meters of every make have in common: tariffs by a day table, a clock that drifts, one or three phases. */
export abstract class PowerMeter extends MeterBody<Tariff> implements VirtualElectricityMeter {
  /** Set by whoever carries the meter's messages. */
  isConnected: () => boolean = () => false;
  protected readonly phases: 1 | 3;
  #clock: MeterClock;
  #day: readonly Slot[] = FACTORY_DAY;

  protected constructor(site: SiteMeter, stallType: StallType, world: World, memory: PowerMemory) {
    super({ site, stallType, world, memory, bandAt: (atMs) => this.#tariffAt(atMs) });
    this.phases = site.model.startsWith('DT') ? 3 : 1;
    this.#clock = new MeterClock(world, this.serial, memory.clock);
  }

  /** The memory of a meter that was in use before the simulation began. */
  static fresh(serial: string, world: World): PowerMemory {
    const total = drawInt(OPENING_TICKS.least, OPENING_TICKS.most, world.seed, serial, 'opening');
    return {
      register: { ticks: spreadTicks(total), remainder: 0, atMs: nowMs(world) },
      supply: 'on',
      clock: MeterClock.fresh(world, serial),
    };
  }

  abstract readonly speech: Speech;
  abstract answer(request: Uint8Array): Uint8Array | null;

  get relay(): 'on' | 'off' {
    return this.supply;
  }

  get totalWh(): bigint {
    return this.shownUnits();
  }

  get connected(): boolean {
    return this.onAir && this.isConnected();
  }

  get clock(): MeterClock {
    return this.#clock;
  }

  /** Sets the meter's clock to the market's wall clock as the server told it. */
  setClock(local: ZonedParts): void {
    this.clock.set(local);
    this.save();
  }

  /** From now on the day is divided so. */
  protected divideDay(day: readonly Slot[]): void {
    this.count();
    this.#day = day.toSorted((a, b) => a.minute - b.minute);
  }

  protected electrical(): ThreePhases {
    return electrical(this.loadNow(), this.phases, nowMs(this.world), [this.world.seed, this.serial]);
  }

  protected override bandsOf(totalTicks: number): Record<Tariff, number> {
    return spreadTicks(totalTicks);
  }

  protected override onNewDevice(): void {
    this.#clock = new MeterClock(this.world, this.serial, MeterClock.fresh(this.world, this.serial));
    this.#day = FACTORY_DAY;
  }

  #tariffAt(atMs: number): Tariff {
    const { hour, minute } = zonedParts(new Date(atMs), this.world.zone);
    return tariffOf(this.#day, hour, minute);
  }
}
