import { createServer, type Socket } from 'node:net';
import { createSniffer } from '@openprepay/protocols/sniff';
import { headendError } from '../errors.ts';
import { keyOf } from '../gateways.ts';
import type { LinkEnv } from '../link.ts';
import { Connection } from './connection.ts';
import { loadConventions } from './conventions.ts';
import { UnknownDevices } from './unknown.ts';
import { Waiting } from './waiting.ts';

export interface Listener {
  readonly port: number;
  readonly connections: number;
  readonly unregistered: number;
  setPressure(full: boolean): void;
  /** What the market's people changed: how modems say who they are, and which devices were claimed, by `keyOf`. */
  reload(claimed: ReadonlySet<string>): Promise<void>;
  stop(): Promise<void>;
}

const CHECK_EVERY_MS = 1_000;
const KEEP_ALIVE_AFTER_MS = 60_000;

/** The device port of every link that calls in: takes connections within the limits, and ends those that say nothing. */
export async function listenForDevices(env: LinkEnv, host: string, port: number): Promise<Listener> {
  const { limits, stats, ctx } = env;
  const connections = new Set<Connection>();
  const unregistered = new Waiting();
  let door = { env, sniff: createSniffer(await loadConventions(ctx)), unknown: new UnknownDevices(ctx) };
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
    const connection = new Connection(door, socket, () => unregistered.remove(connection));
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
    async reload(claimed) {
      door = { ...door, sniff: createSniffer(await loadConventions(ctx)) };
      for (const connection of connections) {
        if (connection.unclaimed && claimed.has(keyOf(connection.unclaimed))) connection.claim();
      }
    },
    async stop() {
      clearInterval(timer);
      const closed = new Promise((done) => server.close(done));
      for (const connection of connections) connection.destroy();
      await closed;
    },
  };
}
