import type { UnclaimedQuery } from '@openprepay/contract';
import { expect, test } from 'vitest';
import { freshDatabase } from '../../test-support/database.ts';
import { START, seedMarket, stateOf } from '../headend/test-support/market.ts';
import { findDevices, noteUnclaimed, saveContacts, sleepersOffline } from './index.ts';
import { listUnclaimed } from './unclaimed.ts';

const db = await freshDatabase();
const market = await seedMarket(db, { electricity: 2, water: 1, ctRatio: 30 });
const other = await seedMarket(db, { electricity: 1 });
const [first, second] = market.electricity;
const [water] = market.water;
const [foreign] = other.electricity;
if (!first || !second || !water || !foreign) throw new Error('no meters');

const later = (seconds: number) => new Date(START.getTime() + seconds * 1000);

test('a device is found by its link, with what is needed to understand it', async () => {
  expect(await findDevices(db, 'acrel4g', first.linkKey)).toEqual([
    {
      ...first,
      kind: 'electricity',
      model: 'DDSY1352-NK',
      ctRatio: 30,
      link: 'acrel4g',
      busAddress: '1',
      access: {},
      timeZone: 'Asia/Shanghai',
      readingIntervalS: 1800,
    },
  ]);
  expect(await findDevices(db, 'nb', first.linkKey)).toEqual([]);
});

test('a retired meter is not spoken to', async () => {
  await db.query('update meter set retired_at = $2 where meter_id = $1', [second.meterId, START]);
  expect(await findDevices(db, 'acrel4g', second.linkKey)).toEqual([]);
});

test('contacts of several markets are merged by meter and change only what they say', async () => {
  await db.tx((tx) =>
    saveContacts(tx, [
      { ...first, at: later(1), online: true, rssi: 20, iccid: 'sim' },
      { ...foreign, at: later(1), online: true },
      { ...first, at: later(2), firmware: 'v2' },
    ]),
  );
  await db.tx((tx) => saveContacts(tx, [{ ...first, at: later(1), rssi: 22, clockDriftS: -90 }]));
  await db.tx((tx) => saveContacts(tx, [{ ...first, at: later(2) }]));
  expect(await stateOf(db, first)).toMatchObject({
    online: true,
    last_contact_at: later(2),
    rssi: 22,
    clock_drift_s: -90,
    clock_checked_at: later(1),
    iccid: 'sim',
    firmware: 'v2',
  });
  expect(await stateOf(db, foreign)).toMatchObject({ online: true, rssi: null });
});

test('a sleeping meter is offline when two intervals have passed since it should have woken', async () => {
  await db.tx((tx) => saveContacts(tx, [{ ...water, at: START, online: true, wakeExpectedAt: later(1800) }]));
  await db.tx((tx) => sleepersOffline(tx, market.marketId, later(1800 + 3600)));
  expect(await stateOf(db, water)).toMatchObject({ online: true });
  await db.tx((tx) => sleepersOffline(tx, market.marketId, later(1800 + 3601)));
  expect(await stateOf(db, water)).toMatchObject({ online: false });
});

test('contacts written by two processes at once wait for each other, and never for ever', async () => {
  const write = (pair: readonly (typeof first)[]) =>
    db.tx((tx) =>
      saveContacts(
        tx,
        pair.map((meter) => ({ ...meter, at: START, online: true })),
      ),
    );
  const rounds = Array.from({ length: 20 }, (_, round) => write(round % 2 ? [first, water] : [water, first]));
  await expect(Promise.all(rounds)).resolves.toHaveLength(20);
});

test('unclaimed devices are listed with their contacts, latest first', async () => {
  await noteUnclaimed(db, later(0), 'acrel4g', 'a', '10.0.0.1');
  await noteUnclaimed(db, later(1), 'nb', 'b', '10.0.0.2');
  await noteUnclaimed(db, later(2), 'acrel4g', 'a', '10.0.0.3');
  const called = async (query: UnclaimedQuery) =>
    (await listUnclaimed(db, query)).devices.map(({ linkKey }) => linkKey);
  const { total, devices } = await listUnclaimed(db, {});
  expect(total).toBe(2);
  expect(devices).toEqual([
    {
      link: 'acrel4g',
      linkKey: 'a',
      firstSeenAt: START.toISOString(),
      lastSeenAt: later(2).toISOString(),
      contacts: 2,
      remote: '10.0.0.3',
    },
    expect.objectContaining({ link: 'nb', linkKey: 'b', contacts: 1 }),
  ]);
  expect(await called({ link: 'nb' })).toEqual(['b']);
  expect(await called({ text: '0.0.3' })).toEqual(['a']);
  expect(await called({ sort: 'contacts' })).toEqual(['b', 'a']);
  expect(await called({ page: 2, pageSize: 1 })).toEqual(['b']);
});

test('a device that calls itself anything is listed', async () => {
  await noteUnclaimed(db, later(3), 'mqtt', `zero\0${'x'.repeat(200)}`, '10.0.0.4');
  const { devices } = await listUnclaimed(db, {});
  expect(devices[0]?.linkKey).toBe(`zero${'x'.repeat(60)}`);
});
