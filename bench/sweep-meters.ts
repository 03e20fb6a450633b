import { connect, type Socket } from 'node:net';
import { setTimeout as wait } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { type Acrel4gDown, createAcrel4gStream, encodeUp } from '@openprepay/protocols/acrel4g';
import { encodeLiveBlock, type LiveBlock } from '@openprepay/protocols/acrel1352';
import { decodeRequest, encodeReply } from '@openprepay/protocols/modbus';
import { serialOf } from './sweep-market.ts';

/*
 * Thousands of 4G meters in a process of their own, on real sockets, with the losses and the jitter of a mobile network. Says
 * `ready` when all have registered, and ends with its standard input.
 */

const { values } = parseArgs({
  options: {
    port: { type: 'string' },
    meters: { type: 'string' },
    lossPercent: { type: 'string' },
    leastMs: { type: 'string' },
    mostMs: { type: 'string' },
  },
});
const port = Number(values.port);
const meters = Number(values.meters);
const lossPercent = Number(values.lossPercent);
const leastMs = Number(values.leastMs);
const mostMs = Number(values.mostMs);

const HEARTBEAT_MS = 60_000;
/** So many connections a second: a whole market does not call in the same moment. */
const CONNECTS_AT_ONCE = 20;
const CONNECT_PAUSE_MS = 50;
const CALL_AGAIN_MS = 1_000;
const NETWORKS = 64;
const NONE = [0, 0, 0] as const;

const registered = new Set<string>();
let asked = 0;
let lost = 0;

function block(totalWh: bigint): LiveBlock {
  return {
    modelCode: 7,
    phases: 1,
    voltageDeciV: [2301, 0, 0],
    currentCentiA: NONE,
    powerW: NONE,
    totalPowerW: 0,
    reactivePowerVar: NONE,
    totalReactivePowerVar: 0,
    powerFactorMilli: NONE,
    totalPowerFactorMilli: 1000,
    ct: 1,
    pt: 1,
    totalWh,
    baseWh: 0n,
    tariffsWh: { sharp: 0n, peak: 0n, flat: totalWh, valley: 0n, deepValley: null },
    remainingFen: 0n,
    purchaseCount: 0,
    loadTrips: 0,
    loadTripsAllowed: 0,
    relay: { l1: true, l2: false, l3: false },
    switchState: 'on',
    forced: false,
    prepaid: true,
    fault: false,
    arrears: false,
    overLimit: false,
    alarm1: false,
    alarm2: false,
    loadControl: false,
    timeControl: false,
    maxDemandW: 0,
    clock: null,
  };
}

class Meter {
  readonly #serial: string;
  readonly #localAddress: string;
  #socket: Socket | null = null;
  #totalWh = 1_000_000n;

  constructor(index: number) {
    this.#serial = serialOf(index);
    // The unregistered ones of one address are bounded, as a real network's are not from one.
    this.#localAddress = `127.0.${(index % NETWORKS) + 1}.1`;
    setInterval(() => this.#socket?.write(encodeUp({ kind: 'heartbeat' })), HEARTBEAT_MS);
    this.#connect();
  }

  /** As a modem does it, again and again. */
  #connect(): void {
    const socket = connect({ port, host: '127.0.0.1', localAddress: this.#localAddress, noDelay: true });
    const stream = createAcrel4gStream('down');
    this.#socket = socket;
    socket.on('data', (chunk: Uint8Array) => {
      for (const { message } of stream.push(chunk)) this.#take(message);
    });
    socket.on('connect', () => this.#register());
    socket.on('error', () => socket.destroy());
    socket.on('close', () => setTimeout(() => this.#connect(), CALL_AGAIN_MS * (1 + Math.random())));
  }

  #register(): void {
    const said = { iccid: '89860428', rssi: 26, firmware: ['0100', '0100', '0102'], intervalMin: 30 } as const;
    this.#socket?.write(encodeUp({ kind: 'register', serial: this.#serial, ...said }));
  }

  #take(message: Acrel4gDown): void {
    if (message.kind === 'register_ack') registered.add(this.#serial);
    if (message.kind !== 'transparent') return;
    asked += 1;
    if (Math.random() * 100 < lossPercent) {
      lost += 1;
      return;
    }
    setTimeout(() => this.#answer(message.modbus), leastMs + Math.random() * (mostMs - leastMs));
  }

  #answer(bytes: Uint8Array): void {
    const request = decodeRequest(bytes);
    if (request.kind !== 'read') return;
    this.#totalWh += 10n;
    const data = encodeLiveBlock(block(this.#totalWh));
    const modbus = encodeReply({ kind: 'read', unit: request.unit, data });
    this.#socket?.write(encodeUp({ kind: 'transparent', serial: this.#serial, modbus }));
  }
}

process.stdin.resume();
process.stdin.on('end', () => {
  process.stdout.write(`${JSON.stringify({ asked, lost })}\n`, () => process.exit(0));
});
for (let index = 0; index < meters; index++) {
  new Meter(index);
  if (index % CONNECTS_AT_ONCE === CONNECTS_AT_ONCE - 1) await wait(CONNECT_PAUSE_MS);
}
while (registered.size < meters) await wait(CONNECT_PAUSE_MS);
process.stdout.write('ready\n');
