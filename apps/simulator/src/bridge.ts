import { createServer, type Server, type Socket } from 'node:net';
import { EARS } from './bus/ears.ts';
import { listenOn } from './listen.ts';
import { createMbapCutter, mbapAnswer } from './mbap.ts';
import type { SerialPort } from './types.ts';

/** More clients than this on one serial line would only wait for each other. */
const CLIENTS_LIMIT = 8;

/** rtu: frames as they are on the wire, as a transparent converter passes them. tcp: Modbus TCP, as a gateway speaks it. */
export type BridgeFraming = 'rtu' | 'tcp';

export interface Bridge {
  readonly port: number;
  close(): Promise<void>;
}

/**
 * Makes the serial port of one meter reachable for any master of its protocol. Listens on the loopback interface; `port` 0
 * takes a free one. Errors: the listener's own (EADDRINUSE …).
 */
export async function startBridge(meter: SerialPort, port: number, framing: BridgeFraming = 'rtu'): Promise<Bridge> {
  return serveClients(port, (socket) => {
    const answersTo = framing === 'rtu' ? rtuAnswers(meter) : tcpAnswers(meter);
    socket.on('data', (chunk) => {
      const answers = answersTo(chunk);
      if (answers) for (const answer of answers) socket.write(answer);
      else socket.destroy();
    });
  });
}

/** A listener on the loopback interface that ends with all its clients. */
export async function serveClients(port: number, serve: (socket: Socket) => void): Promise<Bridge> {
  const clients = new Set<Socket>();
  const server: Server = createServer({ noDelay: true }, (socket) => {
    clients.add(socket);
    serve(socket);
    // A client that breaks off is of no interest; `close` follows.
    socket.on('error', () => {});
    socket.on('close', () => clients.delete(socket));
  });
  server.maxConnections = CLIENTS_LIMIT;
  return {
    port: await listenOn(server, port, '127.0.0.1'),
    close: () => {
      for (const client of clients) client.destroy();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
}

/** Answers to the bytes of one connection; null when nothing on it can be understood any more. */
type AnswersTo = (chunk: Uint8Array) => readonly Uint8Array[] | null;

function rtuAnswers(meter: SerialPort): AnswersTo {
  const ear = EARS[meter.speech]();
  return (chunk) => ear.push(chunk).flatMap(({ frame }) => meter.answer(frame) ?? []);
}

function tcpAnswers(meter: SerialPort): AnswersTo {
  const cut = createMbapCutter();
  return (chunk) =>
    cut(chunk)?.flatMap((message) => {
      const answer = meter.answer(message.frame);
      return answer ? mbapAnswer(message, answer) : [];
    }) ?? null;
}
