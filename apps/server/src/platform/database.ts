import { assert } from '@openprepay/kernel';
import pg from 'pg';
import { platformError } from './errors.ts';
import { createNotifier, type Note } from './notifier.ts';
import type { Vault } from './vault.ts';

/** A row as the queries return it: int8 is bigint, numeric is a string, timestamptz a Date, bytea a Buffer. */
export type Row = Record<string, unknown>;

/** Where a query can run: the pool, or one transaction. Rooms take it as their first argument. */
export interface Queryable {
  /** For what is stored sealed, or with a mark that says who wrote it. */
  readonly vault: Vault;
  /**
   * @param preparedAs name under which a connection keeps the statement parsed and planned. For the few that run all the
   *   time, and whose plan is the right one whatever the values: PostgreSQL soon plans it without looking at them.
   */
  query<R extends Row = Row>(sql: string, values?: readonly unknown[], preparedAs?: string): Promise<R[]>;
}

export interface Tx extends Queryable {
  /** Sent to the listeners after the transaction has committed, and only then. */
  notify(channel: Channel, ...payloads: readonly string[]): Promise<void>;
}

export interface Database extends Queryable {
  readonly url: string;
  /** Runs `work` in one transaction; an error rolls it back and is thrown on. */
  tx<T>(work: (tx: Tx) => Promise<T>): Promise<T>;
  /** Runs `work` where every query sees what was committed before the first one, and none may write. */
  snapshot<T>(work: (db: Queryable) => Promise<T>): Promise<T>;
  close(): Promise<void>;
}

/**
 * The signals between rooms. The payload is a market id, then ids of what changed, separated by spaces; a receiver
 * must also find its work without the signal, because signals are lost when nobody listens.
 * readings: market · balance: market, accounts · command: market, meters · grid: market ·
 * device: market, meters that came, went or moved; none where a gateway did, or more than are counted up ·
 * read: market, where many meters are to be read.
 */
export type Channel = 'readings' | 'balance' | 'command' | 'grid' | 'device' | 'read';

const INT8 = 20;
const INT8_ARRAY = 1016;

const types: pg.CustomTypesConfig = {
  getTypeParser(oid: number, format?: 'text' | 'binary') {
    if (oid === INT8) return BigInt;
    if (oid === INT8_ARRAY) return parseInt8Array;
    return pg.types.getTypeParser(oid, format);
  },
};

/** `{1,NULL,3}`; the schema has no nested ones. */
export const parseInt8Array = (text: string): (bigint | null)[] =>
  text === '{}'
    ? []
    : text
        .slice(1, -1)
        .split(',')
        .map((item) => (item === 'NULL' ? null : BigInt(item)));

const MAX_CONNECTIONS = 12;
/** No statement of a running market takes as long; one that does is an error that is seen, not a silence. */
const STATEMENT_TIMEOUT_MS = 60_000;
/** PostgreSQL refuses a notification from 8,000 bytes on, and payloads are ASCII. */
const MAX_PAYLOAD = 7_999;

/** Of a database that is opened without one: for what has nothing to seal. */
const noVault: Vault = {
  since: new Date(0),
  seal: refuse,
  open: refuse,
  mark: refuse,
};

function refuse(): never {
  throw platformError('platform.no_vault', 'this database was opened without the key of its installation');
}

export function openDatabase(
  url: string,
  log: { error(detail: object, message: string): void },
  vault: Vault = noVault,
): Database {
  const pool = new pg.Pool({
    connectionString: url,
    max: MAX_CONNECTIONS,
    types,
    application_name: 'openprepay',
    statement_timeout: STATEMENT_TIMEOUT_MS,
  });
  const notifier = createNotifier(pool, log);
  let closing = false;
  pool.on('error', (error) => {
    if (!closing) log.error({ err: error.message }, 'idle database connection lost');
  });
  return {
    url,
    vault,
    query: (sql, values, preparedAs) => run(pool, sql, values, preparedAs),
    async tx(work) {
      const notes: Note[] = [];
      const notify: Tx['notify'] = async (channel, ...payloads) => {
        const fits = payloads.every(({ length }) => length <= MAX_PAYLOAD);
        assert(fits, 'a signal fits in a notification', { channel });
        for (const payload of payloads) notes.push([channel, payload]);
      };
      const result = await between(pool, 'begin', (query) => work({ vault, query, notify }));
      notifier.send(notes);
      return result;
    },
    snapshot: (work) =>
      between(pool, 'begin isolation level repeatable read, read only', (query) => work({ vault, query })),
    async close() {
      closing = true;
      await notifier.drained();
      await pool.end();
    },
  };
}

/** From `begin` to the commit on one connection; an error rolls back and is thrown on. */
async function between<T>(pool: pg.Pool, begin: string, work: (query: Queryable['query']) => Promise<T>): Promise<T> {
  const client = await pool.connect();
  let broken: Error | undefined;
  try {
    await client.query(begin);
    const result = await work((sql, values, preparedAs) => run(client, sql, values, preparedAs));
    await client.query('commit');
    return result;
  } catch (error) {
    await client.query('rollback').catch((rollbackError: Error) => {
      broken = rollbackError;
    });
    throw error;
  } finally {
    client.release(broken);
  }
}

async function run<R extends Row>(
  on: pg.Pool | pg.PoolClient,
  text: string,
  values?: readonly unknown[],
  name?: string,
): Promise<R[]> {
  const result = await on.query<R>({
    text,
    values: values ? [...values] : [],
    ...(name === undefined ? {} : { name }),
  });
  return result.rows;
}
