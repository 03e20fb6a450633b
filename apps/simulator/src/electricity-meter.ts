import { fromHex, instantOf, toHex, type ZonedParts, zonedParts } from '@openprepay/kernel';
import { decodeRequest, encodeReply, type ModbusReply, type ModbusRequest } from '@openprepay/protocols/modbus';
import { electrical } from './electrical.ts';
import { type Energy, encodeLegacy, encodeLive, LEGACY, LIVE, SWITCH } from './live-block.ts';
import { type BodyMemory, MeterBody } from './meter-body.ts';
import { drawInt } from './random.ts';
import { UNITS_PER_TICK } from './register.ts';
import type { SiteMeter, StallType } from './site.ts';
import type { VirtualElectricityMeter } from './types.ts';
import { nowMs, type World } from './world.ts';

type Tariff = 'sharp' | 'peak' | 'flat' | 'valley';

/** Readings the meter keeps while nobody acknowledges them: a day of half-hours; then the oldest goes. */
const READINGS_KEPT = 48;
/** Platform billing: the meter's own purse is filled so high that it never cuts by itself. */
const INTERNAL_CREDIT_FEN = 99_999_900;
/** Modbus exceptions: illegal function, illegal data address, illegal data value. */
const REFUSAL = { function: 1, address: 2, value: 3 } as const;
const READ_REGISTERS = 0x03;
const WRITE_COIL = 0x05;
const WRITE_REGISTER = 0x06;
const WRITE_REGISTERS = 0x10;

/** The meter's clock ahead of the market's, ms, at the instant it was set. */
interface MeterClock {
  readonly aheadMs: number;
  readonly setMs: number;
}

interface ElectricityMemory extends BodyMemory<Tariff> {
  readonly forced: boolean;
  readonly forcedOpen: boolean;
  /** Unacknowledged readings, oldest first: Modbus replies in hexadecimal. */
  readonly readings: readonly string[];
  readonly clock: MeterClock;
}

/** A DDSY1352 or DTSY1352 prepaid meter behind its serial port: registers, relay and force bits. */
export class ElectricityMeter extends MeterBody<Tariff> implements VirtualElectricityMeter {
  /** Set by the meter's modem. */
  isConnected: () => boolean = () => false;
  readonly #phases: 1 | 3;
  readonly #driftPpm: number;
  #forced: boolean;
  #forcedOpen: boolean;
  #readings: string[];
  #lastReadingMs = Number.NEGATIVE_INFINITY;
  #cancelRelay: () => void = () => {};
  #clock: MeterClock;

  constructor(site: SiteMeter, stallType: StallType, world: World) {
    const kept = world.journal.get(site.serial) as ElectricityMemory | undefined;
    const memory = kept ?? newMemory(site.serial, world);
    super({ site, stallType, world, memory, bandAt: (atMs) => tariffAt(atMs, world.zone) });
    this.#phases = site.model.startsWith('DTSY') ? 3 : 1;
    this.#driftPpm = drawInt(-20, 20, world.seed, site.serial, 'drift');
    this.#forced = memory.forced;
    this.#forcedOpen = memory.forcedOpen;
    this.#readings = [...memory.readings];
    this.#clock = memory.clock;
  }

  /** Power is back: the relay finishes the move that the power cut may have stopped. */
  powerUp(): void {
    this.#moveRelay();
  }

  get relay(): 'on' | 'off' {
    return this.supply;
  }

  get totalWh(): bigint {
    return this.shownUnits();
  }

  get connected(): boolean {
    return this.isConnected();
  }

  /** Sets the meter's clock to the market's wall clock as the server told it. */
  setClock(local: ZonedParts): void {
    const now = nowMs(this.world);
    this.#clock = { aheadMs: instantOf(local, this.world.zone).getTime() - now, setMs: now };
    this.#save();
  }

  /** Reads itself and keeps the reading until it is acknowledged. */
  takeReading(): void {
    const unit = Number(this.site.busAddress);
    const data = this.#liveBlock();
    this.endFallBack();
    this.#lastReadingMs = nowMs(this.world);
    this.#readings = [...this.#readings, toHex(encodeReply({ kind: 'read', unit, data }))].slice(-READINGS_KEPT);
    this.#save();
  }

  /** Market time since it last read itself; infinite when it has not since power came. */
  readingAgeMs(): number {
    return nowMs(this.world) - this.#lastReadingMs;
  }

  /** A Modbus reply with the live block, CRC included. */
  oldestReading(): Uint8Array | null {
    const [oldest] = this.#readings;
    return oldest === undefined ? null : fromHex(oldest);
  }

  /** Forgets a delivered reading, if it has not made room for a newer one meanwhile. */
  acknowledgeReading(reading: Uint8Array): void {
    if (this.#readings[0] === toHex(reading)) this.#readings.shift();
    this.#save();
  }

  answer(frame: Uint8Array): Uint8Array | null {
    let request: ModbusRequest;
    try {
      request = decodeRequest(frame);
    } catch {
      return null;
    }
    if (String(request.unit) !== this.site.busAddress) return null;
    const reply = this.#reply(request);
    this.#save();
    return encodeReply(reply);
  }

  #reply(request: ModbusRequest): ModbusReply {
    if (request.kind === 'read') return this.#read(request);
    if (request.kind === 'write') return this.#write(request);
    return { kind: 'exception', unit: request.unit, functionCode: WRITE_COIL, exceptionCode: REFUSAL.function };
  }

  #read({ unit, start, quantity }: Extract<ModbusRequest, { kind: 'read' }>): ModbusReply {
    for (const block of this.#blocks()) {
      const from = 2 * (start - block.start);
      if (from < 0 || from + 2 * quantity > 2 * block.quantity) continue;
      return { kind: 'read', unit, data: block.bytes().subarray(from, from + 2 * quantity) };
    }
    return { kind: 'exception', unit, functionCode: READ_REGISTERS, exceptionCode: REFUSAL.address };
  }

  #write({ unit, start, registers, single }: Extract<ModbusRequest, { kind: 'write' }>): ModbusReply {
    const functionCode = single ? WRITE_REGISTER : WRITE_REGISTERS;
    const refuse = (exceptionCode: number) => ({ kind: 'exception', unit, functionCode, exceptionCode }) as const;
    if (start !== SWITCH.start || registers.length !== SWITCH.quantity) return refuse(REFUSAL.address);
    if (registers.some((value) => value > 1)) return refuse(REFUSAL.value);
    this.#forced = registers[0] === 1;
    this.#forcedOpen = registers[1] === 1;
    this.#moveRelay();
    return { kind: 'write', unit, start, quantity: registers.length };
  }

  #blocks(): readonly { start: number; quantity: number; bytes: () => Uint8Array }[] {
    return [
      { ...LEGACY, bytes: () => encodeLegacy(this.#energy()) },
      { ...LIVE, bytes: () => this.#liveBlock() },
      { ...SWITCH, bytes: () => Uint8Array.of(0, this.#forced ? 1 : 0, 0, this.#forcedOpen ? 1 : 0) },
    ];
  }

  /** A relay takes its time; a stuck one has acknowledged and stays. */
  #moveRelay(): void {
    this.#cancelRelay();
    // Without force the meter's own prepayment decides, and its purse is full.
    const wanted = this.#forced && this.#forcedOpen ? 'off' : 'on';
    this.#cancelRelay = this.world.timers.after(this.world.pace.relayMoveMs, () => {
      if (this.supply === wanted || this.isStuck) return;
      this.count();
      this.supply = wanted;
      this.#save();
    });
  }

  #save(): void {
    const memory: ElectricityMemory = {
      ...this.bodyMemory(),
      forced: this.#forced,
      forcedOpen: this.#forcedOpen,
      readings: this.#readings,
      clock: this.#clock,
    };
    this.world.journal.put(this.serial, memory);
  }

  #liveBlock(): Uint8Array {
    const now = nowMs(this.world);
    return encodeLive({
      phases: this.#phases,
      electrical: electrical(this.loadNow(), this.#phases, now, [this.world.seed, this.serial]),
      energy: this.#energy(),
      ctRatio: this.site.ctRatio,
      remainingFen: INTERNAL_CREDIT_FEN,
      relayClosed: this.supply === 'on',
      forced: this.#forced,
      clock: zonedParts(new Date(this.#clockMs(now)), this.world.zone),
    });
  }

  #energy(): Energy {
    const total = Number(this.shownUnits()) / UNITS_PER_TICK;
    const { flat, ...others } = this.bandTicks;
    return { total, flat: flat - this.fallBackTicks, ...others };
  }

  #clockMs(now: number): number {
    const drift = Math.trunc(((now - this.#clock.setMs) * this.#driftPpm) / 1_000_000);
    return now + this.#clock.aheadMs + drift;
  }
}

/** 400–30,000 kWh before the simulation begins, spread over the tariffs. */
function newMemory(serial: string, world: World): ElectricityMemory {
  const total = drawInt(40_000, 3_000_000, world.seed, serial, 'opening');
  const sharp = Math.floor(total / 10);
  const peak = Math.floor((total * 3) / 10);
  const valley = Math.floor((total * 2) / 10);
  const ticks = { sharp, peak, flat: total - sharp - peak - valley, valley };
  const aheadMs = drawInt(-10_000, 10_000, world.seed, serial, 'clock');
  return {
    register: { ticks, remainder: 0, atMs: nowMs(world) },
    supply: 'on',
    forced: false,
    forcedOpen: false,
    readings: [],
    clock: { aheadMs, setMs: nowMs(world) },
  };
}

const TARIFF_BY_HOUR: readonly Tariff[] = Array.from({ length: 24 }, (_, hour) => {
  if (hour < 8) return 'valley';
  if (hour === 19 || hour === 20) return 'sharp';
  return hour < 11 || hour === 18 || hour === 21 ? 'peak' : 'flat';
});

function tariffAt(atMs: number, zone: string): Tariff {
  return TARIFF_BY_HOUR[zonedParts(new Date(atMs), zone).hour] ?? 'flat';
}
