import type { MeterKind } from '@openprepay/kernel';
import { meterModels } from '@openprepay/protocols';
import { type LoadModel, loadAt } from './load.ts';
import { Register, type RegisterMemory, UNITS_PER_TICK } from './register.ts';
import type { SiteMeter, StallType } from './site.ts';
import type { NewDevice, VirtualMeter } from './types.ts';
import { nowMs, type World } from './world.ts';

/** How far a register falls back when it is made to, in ticks: 50 kWh or 50 m³, or half of what it shows. */
const FALL_BACK_TICKS = 5_000;
/** Where a register is put that soon rolls over: 0.2 kWh or m³ before. */
const NEAR_ROLL_OVER_TICKS = 20;
/** Eight digits, two of them decimals. */
const USUAL_MODULUS = 1_000_000_000n;

type Device = Required<Omit<NewDevice, 'start'>>;

/** What every meter's non-volatile memory holds. */
export interface BodyMemory<Band extends string> {
  readonly register: RegisterMemory<Band>;
  readonly supply: 'on' | 'off';
  /** Which device hangs here by now; absent while it is the one that the site began with. */
  readonly device?: Device | undefined;
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
  stuck = false;
  /** Set by whoever carries the meter's messages: told when the meter goes off the air and comes back. */
  onAirChange: (onAir: boolean) => void = () => {};
  protected readonly world: World;
  protected supply: 'on' | 'off';
  readonly #place: string;
  readonly #register: Register<Band>;
  readonly #stallType: StallType;
  readonly #modulusTicks: number;
  #site: SiteMeter;
  #device: Device | undefined;
  #fixedLoad: number | null = null;
  #fallBackTicks = 0;
  #onAir = true;

  protected constructor(options: BodyOptions<Band>) {
    const { site, stallType, world, memory } = options;
    this.#place = site.serial;
    this.#device = memory.device;
    this.#site = memory.device ? { ...site, ...memory.device } : site;
    this.#stallType = stallType;
    this.#modulusTicks = Number((meterModels[site.model]?.modulus ?? USUAL_MODULUS) / BigInt(UNITS_PER_TICK));
    this.world = world;
    this.supply = memory.supply;
    this.#register = new Register(memory.register, options.bandAt);
  }

  /** Names the memory of whichever device hangs here. */
  protected get place(): string {
    return this.#place;
  }

  get site(): SiteMeter {
    return this.#site;
  }

  get kind(): MeterKind {
    return this.#site.kind;
  }

  get serial(): string {
    return this.#site.serial;
  }

  get linkKey(): string {
    return this.#site.linkKey;
  }

  get onAir(): boolean {
    return this.#onAir;
  }

  get switchState(): 'on' | 'off' {
    return this.supply;
  }

  get total(): bigint {
    return this.shownUnits();
  }

  /** What is shown now, for a reading that is reported; in hundredths of a kWh or m³. */
  takeTicks(): Readonly<Record<Band | 'total', number>> {
    this.count();
    const shown = this.shownTicks();
    this.endFallBack();
    this.save();
    return shown;
  }

  setLoad(perHour: number | null): void {
    this.count();
    this.#fixedLoad = perHour;
  }

  forceDecrease(): void {
    this.#fallBackTicks = Math.min(FALL_BACK_TICKS, Math.floor(this.#register.totalTicks / 2));
  }

  nearRollOver(): void {
    this.count();
    this.#register.replace(this.bandsOf(this.#modulusTicks - NEAR_ROLL_OVER_TICKS));
    this.save();
  }

  swap(device: NewDevice): void {
    const was = this.#onAir;
    this.#setOnAir(false);
    const { serial, linkKey = this.linkKey, busAddress = this.#site.busAddress, start = 0n } = device;
    this.#device = { serial, linkKey, busAddress };
    this.#site = { ...this.#site, ...this.#device };
    this.count();
    this.#register.replace(this.bandsOf(Number(start) / UNITS_PER_TICK));
    this.#fallBackTicks = 0;
    this.supply = 'on';
    this.onNewDevice();
    this.save();
    this.#setOnAir(was);
  }

  disconnect(): void {
    this.#setOnAir(false);
  }

  reconnect(): void {
    this.#setOnAir(true);
  }

  /** The bands of a register that shows so many ticks in all. */
  protected abstract bandsOf(totalTicks: number): Readonly<Record<Band, number>>;
  /** Puts everything that outlives a power cut where it outlives one. */
  protected abstract save(): void;
  /** A new device out of its box hangs here: whatever the old one was told is forgotten. */
  protected abstract onNewDevice(): void;

  /** W or litres per hour flowing now, before CT. */
  protected loadNow(): number {
    return this.supply === 'on' ? this.#loadAt(nowMs(this.world)) : 0;
  }

  /** Brings the register up to now. Must run before `supply` or the load changes. */
  protected count(): void {
    this.countTo(nowMs(this.world));
  }

  protected countTo(atMs: number): void {
    if (this.supply === 'on') this.#register.advance(atMs, (slotMs) => this.#loadAt(slotMs));
    else this.#register.skip(atMs);
  }

  /** The instant that the register stands at. */
  protected get countedToMs(): number {
    return this.#register.atMs;
  }

  /** Wh or litres as the display shows them now: lower than was counted while a forced decrease lasts. */
  protected shownUnits(): bigint {
    this.count();
    return BigInt(this.shownTicks().total * UNITS_PER_TICK);
  }

  /** Ticks as the registers show them, each wrapped where its digits end; as they stand, without counting on. */
  protected shownTicks(): Readonly<Record<Band | 'total', number>> {
    const wrapped = (ticks: number) => ticks % this.#modulusTicks;
    const shown: Record<string, number> = {};
    for (const band in this.#register.ticks) shown[band] = wrapped(this.#register.ticks[band]);
    return { ...(shown as Record<Band, number>), total: wrapped(this.#register.totalTicks - this.#fallBackTicks) };
  }

  protected get fallBackTicks(): number {
    return this.#fallBackTicks;
  }

  /** A forced decrease is shown in one reported reading only. */
  protected endFallBack(): void {
    this.#fallBackTicks = 0;
  }

  protected remember<Memory extends BodyMemory<Band>>(more: Omit<Memory, keyof BodyMemory<Band>>): void {
    const body = { register: this.#register.memory(), supply: this.supply, device: this.#device };
    this.world.journal.put(this.#place, { ...body, ...more });
  }

  protected get isStuck(): boolean {
    return this.stuck || this.world.faults.strikes('stuck', this.serial);
  }

  #loadAt(atMs: number): number {
    return this.#fixedLoad ?? loadAt(this.#loadModel(), atMs);
  }

  /** The stall's habits go by its first meter: another device measures the same use. */
  #loadModel(): LoadModel {
    const { seed, zone } = this.world;
    const { kind, ctRatio } = this.#site;
    return { kind, stallType: this.#stallType, ctRatio, seed, serial: this.#place, zone };
  }

  #setOnAir(onAir: boolean): void {
    if (this.#onAir === onAir) return;
    this.#onAir = onAir;
    this.onAirChange(onAir);
  }
}
