import { fromHex, toHex } from '@openprepay/kernel';
import { decodeRequest, encodeReply, type ModbusReply, type ModbusRequest } from '@openprepay/protocols/modbus';
import { busPlaceOf } from './bus-place.ts';
import { type Energy, encodeLegacy, encodeLive, LEGACY, LIVE, SWITCH } from './live-block.ts';
import { type PowerMemory, PowerMeter } from './power-meter.ts';
import type { SiteMeter, StallType } from './site.ts';
import { nowMs, type World } from './world.ts';

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

interface ElectricityMemory extends PowerMemory {
  readonly forced: boolean;
  readonly forcedOpen: boolean;
  /** Unacknowledged readings, oldest first: Modbus replies in hexadecimal. */
  readonly readings: readonly string[];
}

/**
 * A meter of the 1352 family behind its serial port: DDSY1352 or DTSY1352 with registers, relay and force bits, or a plain
 * DTSD1352 that only measures.
 */
export class ElectricityMeter extends PowerMeter {
  readonly speech = 'modbus';
  readonly #plain: boolean;
  #forced: boolean;
  #forcedOpen: boolean;
  #readings: string[];
  #lastReadingMs = Number.NEGATIVE_INFINITY;
  #cancelRelay: () => void = () => {};

  constructor(site: SiteMeter, stallType: StallType, world: World) {
    const kept = world.journal.get(site.serial) as ElectricityMemory | undefined;
    const memory = kept ?? { ...PowerMeter.fresh(site.serial, world), ...NEW_SWITCH, readings: [] };
    super(site, stallType, world, memory);
    this.#plain = site.model.startsWith('DTSD');
    this.#forced = memory.forced;
    this.#forcedOpen = memory.forcedOpen;
    this.#readings = [...memory.readings];
  }

  /** Power is back: the relay finishes the move that the power cut may have stopped. */
  powerUp(): void {
    this.#moveRelay();
  }

  /** Forces the relay, as registers 0057 and 0058 do. */
  force(wanted: 'on' | 'off'): void {
    if (this.#plain) return;
    this.#forced = true;
    this.#forcedOpen = wanted === 'off';
    this.save();
    this.#moveRelay();
  }

  /** Reads itself and keeps the reading until it is acknowledged. */
  takeReading(): void {
    const unit = Number(busPlaceOf(this.site).address);
    const data = this.#liveBlock();
    this.endFallBack();
    this.#lastReadingMs = nowMs(this.world);
    this.#readings = [...this.#readings, toHex(encodeReply({ kind: 'read', unit, data }))].slice(-READINGS_KEPT);
    this.save();
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
    this.save();
  }

  answer(frame: Uint8Array): Uint8Array | null {
    let request: ModbusRequest;
    try {
      request = decodeRequest(frame);
    } catch {
      return null;
    }
    if (String(request.unit) !== busPlaceOf(this.site).address) return null;
    const reply = this.#reply(request);
    this.save();
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
      const data = block.bytes().subarray(from, from + 2 * quantity);
      // On a bus somebody's reading is the report; a modem has its own.
      if (this.site.link !== 'acrel4g' && block.start !== SWITCH.start) this.endFallBack();
      return { kind: 'read', unit, data };
    }
    return { kind: 'exception', unit, functionCode: READ_REGISTERS, exceptionCode: REFUSAL.address };
  }

  #write({ unit, start, registers, single }: Extract<ModbusRequest, { kind: 'write' }>): ModbusReply {
    const functionCode = single ? WRITE_REGISTER : WRITE_REGISTERS;
    const refuse = (exceptionCode: number) => ({ kind: 'exception', unit, functionCode, exceptionCode }) as const;
    if (this.#plain || start !== SWITCH.start || registers.length !== SWITCH.quantity) return refuse(REFUSAL.address);
    if (registers.some((value) => value > 1)) return refuse(REFUSAL.value);
    this.#forced = registers[0] === 1;
    this.#forcedOpen = registers[1] === 1;
    this.#moveRelay();
    return { kind: 'write', unit, start, quantity: registers.length };
  }

  #blocks(): readonly { start: number; quantity: number; bytes: () => Uint8Array }[] {
    const legacy = { ...LEGACY, bytes: () => encodeLegacy(this.#energy()) };
    if (this.#plain) return [legacy];
    return [
      legacy,
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
      this.save();
    });
  }

  protected override save(): void {
    const { forced, forcedOpen } = { forced: this.#forced, forcedOpen: this.#forcedOpen };
    this.remember<ElectricityMemory>({ forced, forcedOpen, readings: this.#readings, clock: this.clock.memory });
  }

  protected override onNewDevice(): void {
    super.onNewDevice();
    this.#forced = NEW_SWITCH.forced;
    this.#forcedOpen = NEW_SWITCH.forcedOpen;
    this.#readings = [];
  }

  #liveBlock(): Uint8Array {
    return encodeLive({
      phases: this.phases,
      electrical: this.electrical(),
      energy: this.#energy(),
      ctRatio: this.site.ctRatio,
      remainingFen: INTERNAL_CREDIT_FEN,
      relayClosed: this.supply === 'on',
      forced: this.#forced,
      clock: this.clock.local(),
    });
  }

  #energy(): Energy {
    this.count();
    const { flat, ...others } = this.shownTicks();
    return { ...others, flat: flat - this.fallBackTicks };
  }
}

const NEW_SWITCH = { forced: false, forcedOpen: false } as const;
