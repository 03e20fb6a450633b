import { type LoadModel, loadAt } from './load.ts';
import { Register, type RegisterMemory, UNITS_PER_TICK } from './register.ts';
import type { SiteMeter, StallType } from './site.ts';
import type { VirtualMeter } from './types.ts';
import { nowMs, type World } from './world.ts';

/** How far a register falls back when it is made to, in ticks: 50 kWh or 50 m³, or half of what it shows. */
const FALL_BACK_TICKS = 5_000;

/** What every meter's non-volatile memory holds. */
export interface BodyMemory<Band extends string> {
  readonly register: RegisterMemory<Band>;
  readonly supply: 'on' | 'off';
}

export interface BodyOptions<Band extends string> {
  readonly site: SiteMeter;
  readonly stallType: StallType;
  readonly world: World;
  readonly memory: BodyMemory<Band>;
  readonly bandAt: (atMs: number) => Band;
}

/** What electricity and water meters have in common: a register that counts while supply is on, and a memory. */
export abstract class MeterBody<Band extends string> implements VirtualMeter {
  readonly site: SiteMeter;
  stuck = false;
  /** Set by whoever carries the meter's messages: told when the meter goes off the air and comes back. */
  onAirChange: (onAir: boolean) => void = () => {};
  protected readonly world: World;
  protected supply: 'on' | 'off';
  readonly #register: Register<Band>;
  readonly #load: LoadModel;
  #fixedLoad: number | null = null;
  #fallBackTicks = 0;
  #onAir = true;

  protected constructor(options: BodyOptions<Band>) {
    const { site, stallType, world, memory } = options;
    this.site = site;
    this.world = world;
    this.supply = memory.supply;
    this.#register = new Register(memory.register, options.bandAt);
    const { seed, zone } = world;
    this.#load = { kind: site.kind, stallType, ctRatio: site.ctRatio, seed, serial: site.serial, zone };
  }

  get serial(): string {
    return this.site.serial;
  }

  get linkKey(): string {
    return this.site.linkKey;
  }

  get onAir(): boolean {
    return this.#onAir;
  }

  setLoad(perHour: number | null): void {
    this.count();
    this.#fixedLoad = perHour;
  }

  forceDecrease(): void {
    this.#fallBackTicks = Math.min(FALL_BACK_TICKS, Math.floor(this.#register.totalTicks / 2));
  }

  disconnect(): void {
    this.#setOnAir(false);
  }

  reconnect(): void {
    this.#setOnAir(true);
  }

  /** W or litres per hour flowing now, before CT. */
  protected loadNow(): number {
    return this.supply === 'on' ? this.#loadAt(nowMs(this.world)) : 0;
  }

  /** Brings the register up to now. Must run before `supply` or the load changes. */
  protected count(): void {
    const now = nowMs(this.world);
    if (this.supply === 'on') this.#register.advance(now, (atMs) => this.#loadAt(atMs));
    else this.#register.skip(now);
  }

  /** Wh or litres as the display shows them now: lower than was counted while a forced decrease lasts. */
  protected shownUnits(): bigint {
    this.count();
    return BigInt((this.#register.totalTicks - this.#fallBackTicks) * UNITS_PER_TICK);
  }

  protected get bandTicks(): Readonly<Record<Band, number>> {
    return this.#register.ticks;
  }

  protected get fallBackTicks(): number {
    return this.#fallBackTicks;
  }

  /** A forced decrease is shown in one reported reading only. */
  protected endFallBack(): void {
    this.#fallBackTicks = 0;
  }

  protected bodyMemory(): BodyMemory<Band> {
    return { register: this.#register.memory(), supply: this.supply };
  }

  protected get isStuck(): boolean {
    return this.stuck || this.world.faults.strikes('stuck', this.serial);
  }

  #loadAt(atMs: number): number {
    return this.#fixedLoad ?? loadAt(this.#load, atMs);
  }

  #setOnAir(onAir: boolean): void {
    if (this.#onAir === onAir) return;
    this.#onAir = onAir;
    this.onAirChange(onAir);
  }
}
