import { expect, test, vi } from 'vitest';
import { freshDatabase, testContext } from '../../test-support/database.ts';
import { openDatabase } from './database.ts';
import { startLoop } from './loop.ts';
import { migrate } from './migrate.ts';

test('a migrated database has nothing left to migrate', async () => {
  const db = await freshDatabase();
  expect(await migrate(db)).toEqual([]);
});

test('a database that a newer program has migrated is refused', async () => {
  const db = await freshDatabase();
  await db.query(`insert into migration (name, sha256) values ('9999_from_the_future.sql', 'x')`);
  await expect(migrate(db)).rejects.toMatchObject({ code: 'platform.schema_is_newer' });
});

test('a migration whose text was changed after it was applied is refused', async () => {
  const db = await freshDatabase();
  await db.query(`update migration set sha256 = 'x' where name = '0001_sites_and_devices.sql'`);
  await expect(migrate(db)).rejects.toMatchObject({ code: 'platform.migration_changed' });
});

test('eight-byte integers arrive as bigint, alone and in arrays', async () => {
  const db = await freshDatabase();
  const rows = await db.query(
    `select 9007199254740993::int8 as one, array[9007199254740993, null]::int8[] as many, '{}'::int8[] as none`,
  );
  expect(rows).toEqual([{ one: 9007199254740993n, many: [9007199254740993n, null], none: [] }]);
});

test('a snapshot sees nothing that is committed while it is read, and writes nothing', async () => {
  const db = await freshDatabase();
  const count = 'select count(*)::integer as n from setting';
  const insert = `insert into setting (name, value) values ('later', '1')`;
  const [before] = await db.query(count);
  const seen = await db.snapshot(async (snapshot) => {
    await snapshot.query(count);
    await db.query(insert);
    return snapshot.query(count);
  });
  expect(seen).toEqual([before]);
  expect(await db.query(count)).not.toEqual([before]);
  await expect(db.snapshot((snapshot) => snapshot.query(insert))).rejects.toMatchObject({ code: '25006' });
});

test('a signal is heard after the commit and not after a rollback, and a loop gathers what came together', async () => {
  const { db, signals, log } = await testContext();
  const runs: (ReadonlySet<string> | null)[] = [];
  const loop = startLoop(
    {
      name: 'test',
      everyMs: 60_000,
      wakeOn: ['balance'],
      coalesceMs: 50,
      run: async (payloads) => void runs.push(payloads),
    },
    signals,
    log,
  );
  await vi.waitFor(() => expect(runs).toEqual([null]));
  await db
    .tx((tx) => tx.notify('balance', 'never').then(() => Promise.reject(new Error('rolled back'))))
    .catch(() => {});
  await db.tx((tx) => tx.notify('balance', 'a', 'b'));
  await vi.waitFor(() => expect(runs).toEqual([null, new Set(['a', 'b'])]));
  await loop.stop();
});

test('what is told in many transactions at once is all heard, before the database closes', async () => {
  const { db, signals, log } = await testContext();
  const heard = new Set<string | null>();
  signals.on('balance', (payload) => heard.add(payload));
  const teller = openDatabase(db.url, log);
  const names = Array.from({ length: 40 }, (_, at) => `market ${at}`);
  await Promise.all(names.map((name) => teller.tx((tx) => tx.notify('balance', name))));
  await teller.close();
  await vi.waitFor(() => expect([...heard].sort()).toEqual(names.toSorted()));
});

test('a signal that no notification can carry fails the transaction that would send it', async () => {
  const db = await freshDatabase();
  const attempt = db.tx((tx) => tx.notify('balance', 'x'.repeat(8_000)));
  await expect(attempt).rejects.toMatchObject({ code: 'kernel.assertion_failed' });
});

test('a loop whose work failed looks at everything the next time', async () => {
  const { db, signals, log } = await testContext();
  const runs: (ReadonlySet<string> | null)[] = [];
  const loop = startLoop(
    {
      name: 'test',
      everyMs: 300,
      wakeOn: ['balance'],
      run: async (payloads) => {
        runs.push(payloads);
        if (runs.length === 1) throw new Error('the database was away');
      },
    },
    signals,
    log,
  );
  await vi.waitFor(() => expect(runs.slice(0, 2)).toEqual([null, null]));
  await db.tx((tx) => tx.notify('balance', 'a'));
  await vi.waitFor(() => expect(runs).toContainEqual(new Set(['a'])));
  await loop.stop();
});

test('a loop looks at everything in its time, however often it is signalled', async () => {
  const { db, signals, log } = await testContext();
  const runs: (ReadonlySet<string> | null)[] = [];
  const run = async (payloads: ReadonlySet<string> | null) => void runs.push(payloads);
  const loop = startLoop({ name: 'test', everyMs: 100, wakeOn: ['balance'], run }, signals, log);
  await vi.waitFor(
    async () => {
      await db.tx((tx) => tx.notify('balance', 'a'));
      expect(runs.filter((payloads) => payloads === null).length).toBeGreaterThan(2);
      expect(runs).toContainEqual(new Set(['a']));
    },
    { interval: 10, timeout: 10_000 },
  );
  await loop.stop();
});
