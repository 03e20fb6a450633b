import { connect, type Socket } from 'node:net';
import { type ZonedParts, zonedParts } from '@openprepay/kernel';
import { type Acrel4gDown, createAcrel4gStream, encodeUp } from '@openprepay/protocols/acrel4g';
import { encodeLiveBlock, encodeSwitchRegisters, LIVE_BLOCK, type LiveBlock } from '@openprepay/protocols/acrel1352';
import { decodeRequest, encodeReply, type ModbusRequest } from '@openprepay/protocols/modbus';

/** How a scripted meter behaves when it is asked; tests change it while it runs. */
export interface Behaviour {
  silent: boolean;
  /** Acknowledges a write with its serial alone. */
  serialOnly: boolean;
  stuck: boolean;
}

/** A meter with its modem, played by a test: it does what a test says, and nothing else. */
export class ScriptedMeter {
  readonly serial: string;
  readonly requests: ModbusRequest[] = [];
  readonly received: Acrel4gDown[] = [];
  readonly behaviour: Behaviour = { silent: false, serialOnly: false, stuck: false };
  relay: 'on' | 'off' = 'on';
  forced: 'on' | 'off' | null = null;
  totalWh = 1_000_000n;
  clock: ZonedParts | null = zonedParts(new Date('2026-03-02T02:00:00Z'), 'Asia/Shanghai');
  #socket: Socket | null = null;
  #waiting: { kind: Acrel4gDown['kind']; done: (message: Acrel4gDown) => void }[] = [];
  #onClosed: (() => void)[] = [];

  constructor(serial: string) {
    this.serial = serial;
  }

  get connected(): boolean {
    return this.#socket !== null;
  }

  async connect(port: number): Promise<void> {
    const socket = connect({ port, host: '127.0.0.1', noDelay: true });
    const stream = createAcrel4gStream('down');
    socket.on('data', (chunk: Uint8Array) => {
      for (const { message } of stream.push(chunk)) this.#take(message);
    });
    socket.on('error', () => {});
    socket.on('close', () => {
      if (this.#socket === socket) this.#socket = null;
      for (const done of this.#onClosed.splice(0)) done();
    });
    await new Promise<void>((done) => socket.once('connect', done));
    this.#socket = socket;
  }

  /** Connects, registers, and waits for the acknowledgement. */
  async register(port: number): Promise<void> {
    await this.connect(port);
    const welcomed = this.next('register_ack');
    this.sendRegister();
    await welcomed;
  }

  sendRegister(): void {
    const { serial } = this;
    const firmware = ['0100', '0100', '0102'] as const;
    this.send(
      encodeUp({ kind: 'register', serial, iccid: '89860428', rssi: 26, firmware: [...firmware], intervalMin: 30 }),
    );
  }

  sendData(unit = 1): void {
    const data = encodeLiveBlock(this.block());
    const modbus = Uint8Array.of(unit, 3, data.length, ...data);
    this.send(encodeUp({ kind: 'data', serial: this.serial, sections: [{ address: '001', modbus }] }));
  }

  send(bytes: Uint8Array): void {
    this.#socket?.write(bytes);
  }

  /** The next message of this kind from the server. */
  next(kind: Acrel4gDown['kind']): Promise<Acrel4gDown> {
    return new Promise((done) => this.#waiting.push({ kind, done }));
  }

  closed(): Promise<void> {
    return this.#socket ? new Promise((done) => this.#onClosed.push(done)) : Promise.resolve();
  }

  async disconnect(): Promise<void> {
    const closed = this.closed();
    this.#socket?.destroy();
    await closed;
  }

  answer(request: ModbusRequest): void {
    const reply = this.#reply(request);
    if (!reply) return;
    const isAck = request.kind === 'write' && this.behaviour.serialOnly;
    this.send(encodeUp({ kind: 'transparent', serial: this.serial, modbus: isAck ? new Uint8Array(0) : reply }));
  }

  block(): LiveBlock {
    const closed = this.relay === 'on';
    const none = [0, 0, 0] as const;
    return {
      modelCode: 7,
      phases: 1,
      voltageDeciV: [2301, 0, 0],
      currentCentiA: none,
      powerW: none,
      totalPowerW: 0,
      reactivePowerVar: none,
      totalReactivePowerVar: 0,
      powerFactorMilli: none,
      totalPowerFactorMilli: 1000,
      ct: 1,
      pt: 1,
      totalWh: this.totalWh,
      baseWh: 0n,
      tariffsWh: { sharp: 0n, peak: 0n, flat: this.totalWh, valley: 0n, deepValley: null },
      remainingFen: 0n,
      purchaseCount: 0,
      loadTrips: 0,
      loadTripsAllowed: 0,
      relay: { l1: closed, l2: false, l3: false },
      switchState: this.relay,
      forced: this.forced !== null,
      prepaid: true,
      fault: false,
      arrears: false,
      overLimit: false,
      alarm1: false,
      alarm2: false,
      loadControl: false,
      timeControl: false,
      maxDemandW: 0,
      clock: this.clock,
    };
  }

  #take(message: Acrel4gDown): void {
    this.received.push(message);
    if (message.kind === 'transparent') {
      const request = decodeRequest(message.modbus);
      this.requests.push(request);
      if (!this.behaviour.silent) this.answer(request);
    }
    const index = this.#waiting.findIndex((waiting) => waiting.kind === message.kind);
    if (index >= 0) this.#waiting.splice(index, 1)[0]?.done(message);
  }

  #reply(request: ModbusRequest): Uint8Array | null {
    const { unit } = request;
    if (request.kind === 'write') {
      this.forced = request.registers[1] === 1 ? 'off' : 'on';
      if (!this.behaviour.stuck) this.relay = this.forced;
      return encodeReply({ kind: 'write', unit, start: request.start, quantity: request.registers.length });
    }
    if (request.kind !== 'read') return null;
    const data =
      request.start === LIVE_BLOCK.start
        ? encodeLiveBlock(this.block())
        : encodeSwitchRegisters({ forced: this.forced !== null, state: this.forced ?? 'on' });
    return encodeReply({ kind: 'read', unit, data });
  }
}
