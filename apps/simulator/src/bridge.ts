import { type AddressInfo, createServer, type Socket } from 'node:net';
import { concatBytes } from '@openprepay/kernel';
import { crc16, createModbusRequestStream } from '@openprepay/protocols/modbus';
import type { VirtualElectricityMeter } from './types.ts';

/** More clients than this on one serial line would only wait for each other. */
const CLIENTS_LIMIT = 8;
/** Modbus TCP: transaction, protocol 0, length (2 bytes each); then unit and the rest of the request, without CRC. */
const MBAP_BYTES = 6;
const MBAP_LENGTH_LIMIT = 254;
const CRC_BYTES = 2;

/** rtu: raw RTU frames, as a transparent converter passes them. tcp: Modbus TCP, as a protocol gateway speaks it. */
export type BridgeFraming = 'rtu' | 'tcp';

export interface ModbusBridge {
  readonly port: number;
  close(): Promise<void>;
}

/**
 * Makes the serial port of one meter reachable for any Modbus master. Listens on the loopback interface; `port` 0 takes a
 * free one. Errors: the listener's own (EADDRINUSE …).
 */
export async function startModbusBridge(
  meter: VirtualElectricityMeter,
  port: number,
  framing: BridgeFraming = 'rtu',
): Promise<ModbusBridge> {
  const clients = new Set<Socket>();
  const server = createServer({ noDelay: true }, (socket) => {
    const answersTo = framing === 'rtu' ? rtuAnswers(meter) : tcpAnswers(meter);
    clients.add(socket);
    socket.on('data', (chunk) => {
      const answers = answersTo(chunk);
      if (answers) for (const answer of answers) socket.write(answer);
      else socket.destroy();
    });
    // A client that breaks off is of no interest; `close` follows.
    socket.on('error', () => {});
    socket.on('close', () => clients.delete(socket));
  });
  server.maxConnections = CLIENTS_LIMIT;
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', resolve);
  });
  return {
    port: (server.address() as AddressInfo).port,
    close: () => {
      for (const client of clients) client.destroy();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
}

/** Answers to the bytes of one connection; null when nothing on it can be understood any more. */
type AnswersTo = (chunk: Uint8Array) => readonly Uint8Array[] | null;

function rtuAnswers(meter: VirtualElectricityMeter): AnswersTo {
  const requests = createModbusRequestStream();
  return (chunk) => requests.push(chunk).flatMap(({ frame }) => meter.answer(frame) ?? []);
}

function tcpAnswers(meter: VirtualElectricityMeter): AnswersTo {
  let waiting: Uint8Array = new Uint8Array();
  return (chunk) => {
    waiting = concatBytes(waiting, chunk);
    const answers: Uint8Array[] = [];
    while (waiting.length >= MBAP_BYTES) {
      const view = new DataView(waiting.buffer, waiting.byteOffset);
      const length = view.getUint16(4);
      if (view.getUint16(2) !== 0 || length > MBAP_LENGTH_LIMIT) return null;
      if (waiting.length < MBAP_BYTES + length) break;
      const answer = meter.answer(withCrc(waiting.subarray(MBAP_BYTES, MBAP_BYTES + length)));
      if (answer) answers.push(underMbap(waiting.subarray(0, 2), answer.subarray(0, -CRC_BYTES)));
      waiting = waiting.slice(MBAP_BYTES + length);
    }
    return answers;
  };
}

function withCrc(request: Uint8Array): Uint8Array {
  const crc = crc16(request);
  return concatBytes(request, Uint8Array.of(crc & 0xff, crc >> 8));
}

const underMbap = (transaction: Uint8Array, answer: Uint8Array): Uint8Array =>
  concatBytes(transaction, Uint8Array.of(0, 0, 0, answer.length), answer);
