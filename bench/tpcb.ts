import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import pg from 'pg';
import type { Database } from '../apps/server/src/platform/database.ts';

const execute = promisify(execFile);

const TELLERS = 10;
const ACCOUNTS = 100_000;
/** Transactions of each client, before it is known how many fill the time. */
const FIRST_RUN = 10;

export interface Tpcb {
  /** Which of the two ran. */
  readonly name: string;
  /** Transactions for about `legS`. */
  run(): Promise<Done>;
  close(): Promise<void>;
}

export interface Done {
  readonly units: number;
  readonly perS: number;
}

export interface TpcbOptions {
  readonly scale: number;
  readonly clients: number;
  readonly legS: number;
}

/**
 * The transaction of TPC-B as PostgreSQL's pgbench has it, on the server of `db` and in the same database: pgbench itself where it
 * is installed (Debian: postgresql), with prepared statements, its fastest way; else its statements by the driver of ours.
 */
export async function prepareTpcb(db: Database, options: TpcbOptions): Promise<Tpcb> {
  const installed = await execute('pgbench', ['--version']).then(
    () => true,
    () => false,
  );
  const tpcb = installed ? await byPgbench(db.url, options) : await byDriver(db, options);
  await db.query('checkpoint');
  return tpcb;
}

async function byPgbench(url: string, { scale, clients, legS }: TpcbOptions): Promise<Tpcb> {
  await execute('pgbench', ['--initialize', '--quiet', `--scale=${scale}`, url]);
  // By count, not by time: connecting is no part of the rate, and on a busy machine would be all there is of it.
  let each = FIRST_RUN;
  return {
    name: `pgbench TPC-B, ${clients} clients`,
    async run() {
      const { stdout } = await execute('pgbench', [
        '--protocol=prepared',
        `--client=${clients}`,
        '--jobs=2',
        `--transactions=${each}`,
        url,
      ]);
      const perS = Number(/^tps = ([\d.]+)/m.exec(stdout)?.[1]);
      if (!(perS > 0)) throw new Error(`pgbench did nothing: ${stdout}`);
      const units = each * clients;
      each = Math.max(FIRST_RUN, Math.round((perS * legS) / clients));
      return { units, perS };
    },
    async close() {},
  };
}

const TABLES = `
  create table pgbench_branches (bid integer primary key, bbalance integer, filler char(88)) with (fillfactor = 100);
  create table pgbench_tellers (tid integer primary key, bid integer, tbalance integer, filler char(84));
  create table pgbench_accounts (aid integer primary key, bid integer, abalance integer, filler char(84));
  create table pgbench_history (tid integer, bid integer, aid integer, delta integer, mtime timestamp, filler char(22));`;

const STATEMENTS: readonly [name: string, text: string][] = [
  ['accounts', 'update pgbench_accounts set abalance = abalance + $1 where aid = $2'],
  ['balance', 'select abalance from pgbench_accounts where aid = $1'],
  ['tellers', 'update pgbench_tellers set tbalance = tbalance + $1 where tid = $2'],
  ['branches', 'update pgbench_branches set bbalance = bbalance + $1 where bid = $2'],
  ['history', 'insert into pgbench_history (tid, bid, aid, delta, mtime) values ($1, $2, $3, $4, current_timestamp)'],
];

async function byDriver(db: Database, { scale, clients, legS }: TpcbOptions): Promise<Tpcb> {
  await db.query(TABLES);
  await db.query('insert into pgbench_branches select at, 0 from generate_series(1, $1::integer) at', [scale]);
  for (const [table, each] of [['tellers', TELLERS] as const, ['accounts', ACCOUNTS] as const]) {
    await db.query(
      `insert into pgbench_${table} select at, (at - 1) / $1::integer + 1, 0 from generate_series(1, $2::integer) at`,
      [each, each * scale],
    );
  }
  await db.query('vacuum analyze');
  const connections = await Promise.all(
    Array.from({ length: clients }, async () => {
      const client = new pg.Client({ connectionString: db.url });
      await client.connect();
      return client;
    }),
  );
  const upTo = (most: number) => 1 + Math.floor(Math.random() * most);
  const transact = async (client: pg.Client) => {
    const [aid, bid, tid, delta] = [upTo(ACCOUNTS * scale), upTo(scale), upTo(TELLERS * scale), upTo(10_001) - 5_001];
    const values = [[delta, aid], [aid], [delta, tid], [delta, bid], [tid, bid, aid, delta]];
    await client.query('begin');
    for (const [at, [name, text]] of STATEMENTS.entries()) {
      await client.query({ name, text, values: values[at] ?? [] });
    }
    await client.query('commit');
  };
  return {
    name: `TPC-B by the driver (no pgbench here), ${clients} clients`,
    run: () => perSecond(connections, legS, transact),
    async close() {
      await Promise.all(connections.map((client) => client.end()));
    },
  };
}

/** Each caller does one after another until the time is over. */
export async function perSecond<Caller>(
  callers: readonly Caller[],
  legS: number,
  one: (caller: Caller) => Promise<unknown>,
): Promise<Done> {
  const startedMs = performance.now();
  const endMs = startedMs + legS * 1_000;
  let done = 0;
  await Promise.all(
    callers.map(async (caller) => {
      while (performance.now() < endMs) {
        await one(caller);
        done++;
      }
    }),
  );
  return { units: done, perS: (done * 1_000) / (performance.now() - startedMs) };
}
