import type { Clock } from '@openprepay/kernel';
import pg from 'pg';
import { afterAll, inject } from 'vitest';
import type { Context } from '../src/platform/context.ts';
import { type Database, openDatabase } from '../src/platform/database.ts';
import { silentLog } from '../src/platform/log.ts';
import { openSignals } from '../src/platform/signals.ts';
import { testVault } from './vault.ts';

let serial = 0;

/** A database of its own for a test file, copied from the migrated template; dropped when the file is done. */
export async function freshDatabase(): Promise<Database> {
  const templateUrl = inject('templateUrl');
  const name = `t_${process.pid}_${process.hrtime.bigint()}_${serial++}`;
  await onServer(templateUrl, `create database ${name} template openprepay`);
  const db = openDatabase(templateUrl.replace(/\/openprepay$/, `/${name}`), silentLog, testVault);
  afterAll(async () => {
    await db.close();
    await onServer(templateUrl, `drop database if exists ${name} with (force)`);
  });
  return db;
}

/** A clock that stands still until it is told otherwise. */
export interface TestClock extends Clock {
  set(at: Date | string): void;
  advance(ms: number): void;
}

export function testClock(start: Date | string = '2026-03-02T02:00:00Z'): TestClock {
  let at = new Date(start).getTime();
  return {
    now: () => new Date(at),
    set(next) {
      at = new Date(next).getTime();
    },
    advance(ms) {
      at += ms;
    },
  };
}

/** Everything a room needs, on a fresh database. */
export async function testContext(clock: Clock = testClock()): Promise<Context> {
  const db = await freshDatabase();
  const signals = await openSignals(db.url, silentLog);
  afterAll(() => signals.close());
  return { db, signals, clock, log: silentLog };
}

async function onServer(templateUrl: string, sql: string): Promise<void> {
  const client = new pg.Client({ connectionString: templateUrl.replace(/\/openprepay$/, '/postgres') });
  await client.connect();
  try {
    await client.query(sql);
  } finally {
    await client.end();
  }
}
