import { zonedParts } from '@openprepay/kernel';
import { type Cjt188Frame, CONTROL, decodeFrame, encodeFrame, WILDCARD_ADDRESS } from '@openprepay/protocols/cjt188';
import { busPlaceOf } from './bus-place.ts';
import { type BodyMemory, MeterBody } from './meter-body.ts';
import { encodeMeteringData, encodeStatus, type ValveStatus } from './metering-data.ts';
import { drawChance, drawInt } from './random.ts';
import type { SiteMeter, StallType } from './site.ts';
import type { VirtualWaterMeter } from './types.ts';
import { nowMs, onWireMs, type World } from './world.ts';

/** A motor valve on a battery takes this much market time to move. */
const VALVE_MOVE_MS = 15_000;
const LOW_BATTERY_PERMILLE = 15;
/** Both orders of the data identifier occur in the field: 1F 90 here, 90 1F there. */
const LSB_FIRST_PERMILLE = 300;

const COLD_WATER = 0x10;
const NO_DATA = new Uint8Array();
const VALVE_BYTE: Readonly<Record<number, 'on' | 'off'>> = { 85: 'on', 153: 'off' };

/** An NB-IoT water meter behind its radio: register, valve, and the CJ/T 188 messages it speaks. */
export class WaterMeter extends MeterBody<'total'> implements VirtualWaterMeter {
  readonly speech = 'cjt188';
  /** Set by the meter's radio module. */
  isAwake: () => boolean = () => false;
  onWakeCall: () => void = () => {};
  onValveMoved: () => void = () => {};
  readonly #batteryLow: boolean;
  readonly #dataIdOrder: Cjt188Frame['dataIdOrder'];
  #series = 0;
  #cancelMove: () => void = () => {};

  constructor(site: SiteMeter, stallType: StallType, world: World) {
    const kept = world.journal.get(site.serial) as BodyMemory<'total'> | undefined;
    super({ site, stallType, world, memory: kept ?? newMemory(site.serial, world), bandAt: () => 'total' });
    this.#batteryLow = drawChance(LOW_BATTERY_PERMILLE, world.seed, site.serial, 'battery');
    const lsbFirst = drawChance(LSB_FIRST_PERMILLE, world.seed, site.serial, 'data id order');
    this.#dataIdOrder = lsbFirst ? 'lsb-first' : 'msb-first';
  }

  get valve(): 'on' | 'off' {
    return this.supply;
  }

  get totalLitres(): bigint {
    return this.shownUnits();
  }

  get awake(): boolean {
    return this.isAwake();
  }

  wakeNow(): void {
    this.onWakeCall();
  }

  /** The 901F frame that the meter sends by itself when it wakes, or when its valve has arrived. */
  report(): Uint8Array {
    this.#series = (this.#series + 1) % 256;
    const frame = this.#metering({ dataIdOrder: this.#dataIdOrder, series: this.#series });
    this.endFallBack();
    return frame;
  }

  /** Answers one CJ/T 188 frame; null for noise, another meter's frame, and what this meter does not know. */
  answer(request: Uint8Array): Uint8Array | null {
    let frame: Cjt188Frame;
    try {
      frame = decodeFrame(request);
    } catch {
      return null;
    }
    const { address } = busPlaceOf(this.site);
    if (frame.address !== address && frame.address !== WILDCARD_ADDRESS) return null;
    if (frame.control === CONTROL.read && frame.dataId === '901F') return this.#metering(frame);
    if (frame.control === CONTROL.write && frame.dataId === 'A017') return this.#writeValve(frame);
    if (frame.control === CONTROL.readAddress) return this.#reply(CONTROL.readAddress, { ...frame, data: NO_DATA });
    return null;
  }

  #metering({ dataIdOrder, series }: Pick<Cjt188Frame, 'dataIdOrder' | 'series'>): Uint8Array {
    this.count();
    this.save();
    const data = encodeMeteringData({
      currentTicks: this.shownTicks().total,
      settlementTicks: 0,
      clock: zonedParts(new Date(nowMs(this.world)), this.world.zone),
      status: this.#status(),
    });
    return this.#reply(CONTROL.read, { dataId: '901F', dataIdOrder, series, data });
  }

  #writeValve(frame: Cjt188Frame): Uint8Array | null {
    const wanted = VALVE_BYTE[frame.data[0] ?? 0];
    if (!wanted) return null;
    this.#moveValve(wanted);
    return this.#reply(CONTROL.write, { ...frame, data: Uint8Array.of(...encodeStatus(this.#status())) });
  }

  #reply(control: number, frame: Pick<Cjt188Frame, 'dataId' | 'dataIdOrder' | 'series' | 'data'>): Uint8Array {
    const { dataId, dataIdOrder, series, data } = frame;
    const { address } = busPlaceOf(this.site);
    return encodeFrame({
      meterType: COLD_WATER,
      address,
      control: control | CONTROL.reply,
      dataId,
      dataIdOrder,
      series,
      data,
    });
  }

  /** The valve moves for a while, with the old state shown; a stuck one stays and the meter says so. */
  #moveValve(wanted: 'on' | 'off'): void {
    this.#cancelMove();
    const wireMs = Math.max(onWireMs(this.world, VALVE_MOVE_MS), this.world.pace.valveMoveLeastMs);
    this.#cancelMove = this.world.timers.after(wireMs, () => {
      if (this.supply !== wanted && !this.isStuck) {
        this.count();
        this.supply = wanted;
        this.save();
      }
      this.onValveMoved();
    });
  }

  #status(): ValveStatus {
    return { valve: this.supply, batteryLow: this.#batteryLow };
  }

  protected override bandsOf(totalTicks: number): { total: number } {
    return { total: totalTicks };
  }

  protected override onNewDevice(): void {
    this.#cancelMove();
  }

  protected override save(): void {
    this.remember<BodyMemory<'total'>>({});
  }
}

/** 30–1,500 m³ before the simulation begins. */
function newMemory(serial: string, world: World): BodyMemory<'total'> {
  const total = drawInt(3_000, 150_000, world.seed, serial, 'opening');
  return { register: { ticks: { total }, remainder: 0, atMs: nowMs(world) }, supply: 'on' };
}
