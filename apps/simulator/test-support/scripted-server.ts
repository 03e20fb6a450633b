import { type AddressInfo, createServer, type Socket } from 'node:net';
import { type Acrel4gDown, type Acrel4gUp, createAcrel4gStream, encodeDown } from '@openprepay/protocols/acrel4g';

type Kind = Acrel4gUp['kind'];

/** What the server answers by itself; tests switch parts of it off. */
export interface Habits {
  register: boolean;
  time: boolean;
  data: boolean;
}

/** What it says to every request for the time. */
export const SERVER_TIME = { year: 2026, month: 3, day: 3, hour: 9, minute: 1, second: 42, weekday: 2 };

/** A device listener in a test's hand: records every message, answers what its habits say, waits for what comes. */
export class ScriptedServer {
  readonly habits: Habits = { register: true, time: true, data: true };
  readonly received: Acrel4gUp[] = [];
  /** The serial that the connection of a message was registered with. */
  readonly sender = new Map<Acrel4gUp, string>();
  skippedBytes = 0;
  connections = 0;
  readonly #sockets = new Set<Socket>();
  readonly #waiting = new Set<() => void>();
  readonly #server = createServer((socket) => this.#serve(socket));

  async listen(): Promise<{ host: string; port: number }> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve));
    return { host: '127.0.0.1', port: (this.#server.address() as AddressInfo).port };
  }

  async close(): Promise<void> {
    this.dropAll();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  dropAll(): void {
    for (const socket of this.#sockets) socket.destroy();
  }

  send(message: Acrel4gDown): void {
    for (const socket of this.#sockets) socket.write(encodeDown(message));
  }

  count(kind: Kind): number {
    return this.received.filter((message) => message.kind === kind).length;
  }

  ofKind<K extends Kind>(kind: K): Extract<Acrel4gUp, { kind: K }>[] {
    return this.received.filter((message): message is Extract<Acrel4gUp, { kind: K }> => message.kind === kind);
  }

  /** Resolves when the condition holds; it is looked at after each message and each change of connections. */
  async until(condition: () => boolean): Promise<void> {
    while (!condition()) {
      await new Promise<void>((resolve) => this.#waiting.add(resolve));
    }
  }

  #serve(socket: Socket): void {
    const stream = createAcrel4gStream('up');
    let serial = '';
    this.connections += 1;
    this.#sockets.add(socket);
    socket.setNoDelay(true);
    socket.on('data', (chunk) => {
      const skipped = stream.skippedBytes;
      for (const { message } of stream.push(chunk)) {
        if (message.kind === 'register') serial = message.serial;
        this.sender.set(message, serial);
        this.#take(socket, message);
      }
      this.skippedBytes += stream.skippedBytes - skipped;
    });
    socket.on('error', () => {});
    socket.on('close', () => {
      this.#sockets.delete(socket);
      this.#wakeAll();
    });
    this.#wakeAll();
  }

  #take(socket: Socket, message: Acrel4gUp): void {
    this.received.push(message);
    if (message.kind === 'register' && this.habits.register) socket.write(encodeDown({ kind: 'register_ack' }));
    if (message.kind === 'time_request' && this.habits.time)
      socket.write(encodeDown({ kind: 'time', local: SERVER_TIME }));
    if (message.kind === 'data' && this.habits.data) socket.write(encodeDown({ kind: 'data_ack' }));
    this.#wakeAll();
  }

  #wakeAll(): void {
    const waiting = [...this.#waiting];
    this.#waiting.clear();
    for (const wake of waiting) wake();
  }
}
