import pg from 'pg';
import type { Channel } from './database.ts';
import type { Log } from './log.ts';

/** Called with the payload, or with null when signals may have been missed. */
export type SignalHandler = (payload: string | null) => void;

export interface Signals {
  /** @returns a function that ends the subscription */
  on(channel: Channel, handler: SignalHandler): () => void;
  close(): Promise<void>;
}

const RETRY_MS = 500;
const CHANNELS: readonly Channel[] = ['readings', 'balance', 'command', 'grid', 'device', 'read'];

/** LISTENs on one connection of its own and keeps it up; after every reconnection all handlers hear null. */
export async function openSignals(url: string, log: Log): Promise<Signals> {
  const handlers = new Map<string, Set<SignalHandler>>(CHANNELS.map((channel) => [channel, new Set()]));
  let client: pg.Client | undefined;
  let retry: NodeJS.Timeout | undefined;
  let closed = false;

  const reconnectLater = () => {
    if (closed || retry) return;
    retry = setTimeout(() => {
      retry = undefined;
      connect().then(
        () => {
          for (const set of handlers.values()) for (const handler of set) handler(null);
        },
        (error: Error) => {
          log.warn({ err: error }, 'signals: database not reachable');
          reconnectLater();
        },
      );
    }, RETRY_MS);
  };

  const connect = async () => {
    const next = new pg.Client({ connectionString: url, application_name: 'openprepay signals', keepAlive: true });
    next.on('error', (error) => log.warn({ err: error }, 'signals: connection lost'));
    next.on('end', () => {
      if (client === next) reconnectLater();
    });
    next.on('notification', ({ channel, payload }) => {
      for (const handler of handlers.get(channel) ?? []) handler(payload ?? '');
    });
    await next.connect();
    await next.query(CHANNELS.map((channel) => `listen ${channel}`).join('; '));
    client = next;
    if (closed) await next.end();
  };

  await connect();
  return {
    on(channel, handler) {
      handlers.get(channel)?.add(handler);
      return () => handlers.get(channel)?.delete(handler);
    },
    async close() {
      closed = true;
      clearTimeout(retry);
      await client?.end();
    },
  };
}
