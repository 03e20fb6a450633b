import { concatBytes, fromHex } from '@openprepay/kernel';
import { encodeLiveBlock, encodeSwitchRegisters, LIVE_BLOCK } from '@openprepay/protocols/acrel1352';
import * as cjt188 from '@openprepay/protocols/cjt188';
import { decodeFrame, encodeFrame } from '@openprepay/protocols/dlt645';
import { decodeRequest, encodeReply } from '@openprepay/protocols/modbus';
import { ScriptedMeter } from './scripted-meter.ts';

/** A meter on a bus: answers what is asked of it, and nothing else. */
export interface BusMeter {
  /** Null for a question to another meter. */
  answer(request: Uint8Array): Uint8Array | null;
}

/** A prepaid meter in Modbus registers. */
export class ModbusMeter implements BusMeter {
  readonly unit: number;
  relay: 'on' | 'off' = 'on';
  forced = false;
  totalWh: bigint;

  constructor(unit: number, totalWh = 1_000_000n) {
    this.unit = unit;
    this.totalWh = totalWh;
  }

  answer(request: Uint8Array): Uint8Array | null {
    const { unit } = this;
    if (request[0] !== unit) return null;
    const asked = decodeRequest(request);
    if (asked.kind === 'write') {
      this.forced = asked.registers[0] === 1;
      this.relay = asked.registers[1] === 1 ? 'off' : 'on';
      return encodeReply({ kind: 'write', unit, start: asked.start, quantity: asked.registers.length });
    }
    if (asked.kind !== 'read') return null;
    const isLive = asked.start === LIVE_BLOCK.start;
    const data = isLive ? this.block() : encodeSwitchRegisters({ forced: this.forced, state: this.relay });
    return encodeReply({ kind: 'read', unit, data });
  }

  /** Its registers from 0200 on. */
  block(): Uint8Array {
    const like = new ScriptedMeter('');
    like.relay = this.relay;
    like.forced = this.forced ? this.relay : null;
    like.totalWh = this.totalWh;
    return encodeLiveBlock(like.block());
  }
}

const ENERGY = [0x10, 0x90] as const;
const NO_SUCH_DATA = 0x02;

/** A meter of DL/T 645-1997 that knows its total and nothing else, as the oldest do. */
export class OldMeter implements BusMeter {
  readonly address: string;
  /** Eight digits of 0.01 kWh. */
  readonly digits: string;

  constructor(address: string, digits: string) {
    this.address = address;
    this.digits = digits;
  }

  answer(request: Uint8Array): Uint8Array | null {
    const asked = tryFrame(request, decodeFrame);
    if (asked?.address !== this.address) return null;
    const { address } = this;
    const isEnergy = asked.control === 0x01 && ENERGY.every((byte, index) => asked.data[index] === byte);
    if (!isEnergy) return encodeFrame({ address, control: asked.control | 0xc0, data: Uint8Array.of(NO_SUCH_DATA) }, 4);
    const value = fromHex(this.digits).toReversed();
    return encodeFrame({ address, control: 0x81, data: concatBytes(Uint8Array.of(...ENERGY), value) }, 4);
  }
}

/** A wired water meter of CJ/T 188. Its valve is where it was told to be when it has been asked `travelReads` times. */
export class WaterMeter implements BusMeter {
  readonly address: string;
  readonly litres: bigint;
  valve: cjt188.ValveState = 'on';
  refuses = false;
  readonly #travelReads: number;
  #ordered: 'on' | 'off' = 'on';
  #readsLeft = 0;

  constructor(address: string, litres: bigint, travelReads: number) {
    this.address = address;
    this.litres = litres;
    this.#travelReads = travelReads;
  }

  answer(request: Uint8Array): Uint8Array | null {
    const asked = tryFrame(request, cjt188.decodeFrame);
    if (asked?.address !== this.address) return null;
    if (asked.control === cjt188.CONTROL.write) return cjt188.encodeFrame(this.#order(asked));
    this.#readsLeft -= 1;
    if (this.#readsLeft <= 0) this.valve = this.#ordered;
    const metering = { currentLitres: this.litres, settlementLitres: 0n, clock: null, ...this.#status() };
    return cjt188.encodeFrame(cjt188.readReply(asked, metering));
  }

  #order(asked: cjt188.Cjt188Frame): cjt188.Cjt188Frame {
    if (this.refuses) return cjt188.refusalOf(asked, Uint8Array.of(0, 1));
    this.#ordered = cjt188.decodeValveRequest(asked);
    this.#readsLeft = this.#travelReads;
    return cjt188.valveReply(asked, this.#status());
  }

  #status(): cjt188.MeterStatus {
    return { valve: this.valve, batteryLow: false, statusRaw: '0000' };
  }
}

function tryFrame<F>(request: Uint8Array, decode: (bytes: Uint8Array) => F): F | null {
  try {
    return decode(request);
  } catch {
    return null;
  }
}
