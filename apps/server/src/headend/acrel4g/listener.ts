import { createServer, type Socket } from 'node:net';
import { headendError } from '../errors.ts';
import type { LinkEnv } from '../link.ts';
import { Connection } from './connection.ts';

export interface Listener {
  readonly port: number;
  readonly connections: number;
  readonly unregistered: number;
  setPressure(full: boolean): void;
  stop(): Promise<void>;
}

const CHECK_EVERY_MS = 1_000;
const KEEP_ALIVE_AFTER_MS = 60_000;

/** The device port: takes connections within the limits, and ends those that say nothing. */
export async function listenAcrel4g(env: LinkEnv, host: string, port: number): Promise<Listener> {
  const { limits, stats, ctx } = env;
  const connections = new Set<Connection>();
  const unregistered = new Waiting();
  let pressure = false;

  const accept = (socket: Socket) => {
    const address = socket.remoteAddress ?? 'unknown';
    if (unregistered.of(address) >= limits.maxUnregisteredPerAddress) {
      unregistered.oldest(address)?.close('closed_to_make_room');
    } else if (unregistered.size >= limits.maxUnregistered || connections.size >= limits.maxConnections) {
      unregistered.oldest()?.close('closed_to_make_room');
    }
    if (connections.size >= limits.maxConnections && unregistered.size === 0) {
      stats.trouble('connections_refused', { address }, 'the device port is full');
      socket.on('error', () => {});
      socket.destroy();
      return;
    }
    stats.count('connections_accepted');
    const connection = new Connection(env, socket, () => unregistered.remove(connection));
    connections.add(connection);
    unregistered.add(connection);
    if (pressure) connection.setPressure(true);
    socket.on('close', () => connections.delete(connection));
  };

  const server = createServer({ noDelay: true, keepAlive: true, keepAliveInitialDelay: KEEP_ALIVE_AFTER_MS }, accept);
  await new Promise<void>((done, fail) => {
    server.once('error', fail);
    server.listen(port, host, () => done());
  });
  server.on('error', (error) => ctx.log.error({ err: error }, 'the device port had an error'));
  const address = server.address();
  if (address === null || typeof address === 'string') throw headendError('headend.not_listening', 'no device port');

  const timer = setInterval(() => {
    const nowMs = performance.now();
    for (const connection of connections) connection.checkTime(nowMs);
  }, CHECK_EVERY_MS);

  return {
    port: address.port,
    get connections() {
      return connections.size;
    },
    get unregistered() {
      return unregistered.size;
    },
    setPressure(full) {
      pressure = full;
      for (const connection of connections) connection.setPressure(full);
    },
    async stop() {
      clearInterval(timer);
      const closed = new Promise((done) => server.close(done));
      for (const connection of connections) connection.destroy();
      await closed;
    },
  };
}

/** Connections that have not said who they are, oldest first, in all and by address. */
class Waiting {
  readonly #all = new Set<Connection>();
  readonly #byAddress = new Map<string, Set<Connection>>();

  get size(): number {
    return this.#all.size;
  }

  of(address: string): number {
    return this.#byAddress.get(address)?.size ?? 0;
  }

  oldest(address?: string): Connection | undefined {
    const among = address === undefined ? this.#all : this.#byAddress.get(address);
    return among?.values().next().value;
  }

  add(connection: Connection): void {
    this.#all.add(connection);
    const ofAddress = this.#byAddress.get(connection.remote) ?? new Set();
    this.#byAddress.set(connection.remote, ofAddress.add(connection));
  }

  remove(connection: Connection): void {
    this.#all.delete(connection);
    const ofAddress = this.#byAddress.get(connection.remote);
    ofAddress?.delete(connection);
    if (ofAddress?.size === 0) this.#byAddress.delete(connection.remote);
  }
}
