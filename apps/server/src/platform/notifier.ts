import type pg from 'pg';
import type { Channel } from './database.ts';

export type Note = readonly [channel: Channel, payload: string];

export interface Notifier {
  send(notes: readonly Note[]): void;
  /** Resolves when all that was to be sent is, or is given up. */
  drained(): Promise<void>;
}

/**
 * Tells the listeners what committed, all that waits in one statement. Beside the transactions, because those that notify
 * commit one after another in the whole server, each with the disk to itself; by themselves they share a sync. Who dies
 * between commit and signal costs the delay that any lost signal costs.
 */
export function createNotifier(pool: pg.Pool, log: { error(detail: object, message: string): void }): Notifier {
  let waiting: Note[] = [];
  let sending: Promise<void> | undefined;

  const sendAll = async () => {
    while (waiting.length > 0) {
      const notes = waiting;
      waiting = [];
      try {
        await pool.query(
          'select pg_notify(channel, payload) from unnest($1::text[], $2::text[]) as t (channel, payload)',
          [notes.map(([channel]) => channel), notes.map(([, payload]) => payload)],
        );
      } catch (error) {
        log.error(
          { err: error, signals: notes.length },
          'signals not sent; what they told of is found on the next tick',
        );
      }
    }
    sending = undefined;
  };

  return {
    send(notes) {
      if (notes.length === 0) return;
      waiting.push(...notes);
      sending ??= sendAll();
    },
    async drained() {
      await sending;
    },
  };
}
