import type { Socket } from 'node:net';
import { type Acrel4gDown, type Acrel4gUp, createAcrel4gStream, encodeUp } from '@openprepay/protocols/acrel4g';
import { encodeDataFrame } from './data-frame.ts';
import type { ElectricityMeter } from './electricity-meter.ts';
import { FrameWriter } from './frame-writer.ts';
import { drawChance, drawHex, drawInt } from './random.ts';
import { TimerGroup } from './timers.ts';
import { onWireMs, type World } from './world.ts';

/** How often a reading is sent before the modem gives the connection up; the reading waits for the next one. */
const SEND_LIMIT = 4;
/** A meter that reconnects does not report itself anew within this much market time of its last reading. */
const FRESH_MS = 5 * 60_000;
const TIME_REQUEST_LIMIT = 3;
const CLOCK_SYNC_EVERY_MS = 24 * 3_600_000;
const INTERVAL_MIN = 30;
const FIRMWARE = ['0100', '0103', '0101'] as const;

/** Habits in which meters of one make differ: with serial in data frames or not, CRC inside them or not, … */
interface Quirks {
  readonly namesItself: boolean;
  readonly innerCrc: boolean;
  /** Acknowledges a register write with its serial alone, not with the Modbus reply. */
  readonly bareWriteAck: boolean;
}

/** One connection of one meter: registers, asks the time, delivers readings, answers transparent requests. */
export class ModemSession {
  readonly #socket: Socket;
  readonly #meter: ElectricityMeter;
  readonly #world: World;
  readonly #timers: TimerGroup;
  readonly #writer: FrameWriter;
  readonly #quirks: Quirks;
  readonly #stream = createAcrel4gStream('down');
  #registered = false;
  #reporting = false;
  #delivering: Uint8Array | null = null;
  #cancelRegister: () => void = () => {};
  #cancelTime: () => void = () => {};
  #cancelAck: () => void = () => {};
  /** Copies of the reading under way that were sent, and acknowledgements that came; an ack has no number. */
  #copies = 0;
  #acks = 0;

  constructor(socket: Socket, meter: ElectricityMeter, world: World) {
    this.#socket = socket;
    this.#meter = meter;
    this.#world = world;
    this.#timers = new TimerGroup(world.timers);
    this.#writer = new FrameWriter(socket, meter.serial, world, this.#timers);
    const { seed } = world;
    this.#quirks = {
      namesItself: drawChance(700, seed, meter.serial, 'names itself'),
      innerCrc: drawChance(500, seed, meter.serial, 'inner crc'),
      bareWriteAck: drawChance(300, seed, meter.serial, 'bare write ack'),
    };
  }

  get registered(): boolean {
    return this.#registered;
  }

  start(): void {
    const { seed, pace } = this.#world;
    const serial = this.#meter.linkKey;
    this.#send({
      kind: 'register',
      serial,
      iccid: `898604${drawHex(14, seed, serial, 'iccid').replace(/[a-f]/g, '7')}`,
      rssi: drawInt(14, 31, seed, serial, 'rssi'),
      firmware: FIRMWARE,
      intervalMin: INTERVAL_MIN,
    });
    this.#cancelRegister = this.#timers.after(pace.ackTimeoutMs, () => this.#socket.destroy());
  }

  receive(chunk: Uint8Array): void {
    for (const { message } of this.#stream.push(chunk)) {
      this.#world.counters.framesReceived += 1;
      this.#take(message);
    }
  }

  end(): void {
    this.#registered = false;
    this.#timers.cancelAll();
  }

  /** Sends the readings that wait, oldest first, one at a time. */
  deliver(): void {
    if (!this.#registered || this.#delivering) return;
    const reading = this.#meter.oldestReading();
    if (!reading) return;
    this.#delivering = reading;
    this.#copies = 0;
    this.#acks = 0;
    this.#sendReading(reading);
  }

  #take(message: Acrel4gDown): void {
    if (message.kind === 'register_ack') this.#onRegistered();
    else if (message.kind === 'time') this.#onTime(message);
    else if (message.kind === 'data_ack') this.#onDataAck();
    else if (message.kind === 'transparent') this.#onTransparent(message.modbus);
  }

  #onRegistered(): void {
    if (this.#registered) return;
    this.#cancelRegister();
    this.#registered = true;
    this.#beatLater();
    this.#askTime(1);
  }

  #askTime(attempt: number): void {
    this.#send({ kind: 'time_request', serial: this.#meter.linkKey });
    this.#cancelTime = this.#timers.after(this.#world.pace.ackTimeoutMs, () => {
      // Without an answer the meter goes on with the clock it has.
      if (attempt < TIME_REQUEST_LIMIT) this.#askTime(attempt + 1);
      else this.#startReporting();
    });
  }

  #onTime(message: Extract<Acrel4gDown, { kind: 'time' }>): void {
    this.#cancelTime();
    this.#meter.setClock(message.local);
    this.#cancelTime = this.#timers.after(onWireMs(this.#world, CLOCK_SYNC_EVERY_MS), () => this.#askTime(1));
    this.#startReporting();
  }

  #startReporting(): void {
    if (this.#reporting) return;
    this.#reporting = true;
    if (this.#meter.readingAgeMs() > FRESH_MS) this.#meter.takeReading();
    this.deliver();
  }

  #beatLater(): void {
    this.#timers.after(this.#world.pace.heartbeatMs, () => {
      this.#send({ kind: 'heartbeat' });
      this.#beatLater();
    });
  }

  #sendReading(reading: Uint8Array): void {
    const modbus = this.#quirks.innerCrc ? reading : reading.subarray(0, -2);
    const serial = this.#quirks.namesItself ? this.#meter.linkKey : null;
    const frame = encodeDataFrame(serial, this.#meter.site.busAddress, modbus);
    this.#writer.write(frame);
    this.#copies += 1;
    if (this.#world.faults.strikes('duplicated', this.#meter.serial)) {
      this.#writer.write(frame);
      this.#copies += 1;
    }
    this.#cancelAck = this.#timers.after(this.#world.pace.ackTimeoutMs, () => {
      if (this.#acks > 0) this.#deliverNext();
      else if (this.#copies < SEND_LIMIT) this.#sendReading(reading);
      else this.#socket.destroy();
    });
  }

  /**
   * An acknowledgement does not say which copy it means. So the next reading waits until every copy is acknowledged or
   * the time for it is over; or else the second ack of one reading would pass for the first ack of the next.
   */
  #onDataAck(): void {
    if (!this.#delivering) return;
    this.#acks += 1;
    if (this.#acks === 1) this.#meter.acknowledgeReading(this.#delivering);
    if (this.#acks < this.#copies) return;
    this.#cancelAck();
    this.#deliverNext();
  }

  #deliverNext(): void {
    this.#delivering = null;
    this.deliver();
  }

  #onTransparent(request: Uint8Array): void {
    const { seed, pace } = this.#world;
    const latencyMs = drawInt(pace.answerLeastMs, pace.answerMostMs, seed, this.#meter.serial, 'latency');
    this.#timers.after(latencyMs, () => {
      const answer = this.#meter.answer(request);
      if (!answer) return;
      const written = (answer[1] ?? 0) === 0x10;
      const modbus = written && this.#quirks.bareWriteAck ? new Uint8Array() : answer;
      const bare = modbus.length === 0;
      this.#send({
        kind: 'transparent',
        serial: bare || this.#quirks.namesItself ? this.#meter.linkKey : null,
        modbus,
      });
    });
  }

  #send(message: Acrel4gUp): void {
    this.#writer.write(encodeUp(message));
  }
}
