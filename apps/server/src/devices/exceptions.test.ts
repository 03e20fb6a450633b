import { uuidV7 } from '@openprepay/kernel';
import { expect, test } from 'vitest';
import { freshDatabase } from '../../test-support/database.ts';
import { START, seedMarket, type TestMarket } from '../../test-support/market.ts';
import { listExceptions } from './exceptions.ts';

const db = await freshDatabase();
const market = await seedMarket(db, { meters: 4 });
const other = await seedMarket(db, { meters: 1 });
const { marketId } = market;
const KINDS = ['switch_not_confirmed', 'command_expired', 'setting_not_confirmed', 'command_expired'] as const;
const DAY_MS = 86_400_000;

/** One for each meter, a day apart; the day of the zone is eight hours ahead of what is written here. */
async function open({ marketId, meters }: TestMarket): Promise<void> {
  for (const [index, { meterId }] of meters.entries()) {
    const at = new Date(START.getTime() + index * DAY_MS);
    await db.query(
      `insert into device_exception (market_id, exception_id, meter_id, kind, opened_at, detail)
       values ($1, $2, $3, $4, $5, '{"wanted":"off","readBack":null,"writes":2}')`,
      [marketId, uuidV7(at), meterId, KINDS[index], at],
    );
  }
}
await open(market);
await open(other);
const hidden = uuidV7(START);
await db.query('insert into building (market_id, building_id, name) values ($1, $2, $3)', [marketId, hidden, 'Yard']);
await db.query(`update stall set building_id = $2 where market_id = $1 and code = 'S3'`, [marketId, hidden]);

const stalls = async (query: Parameters<typeof listExceptions>[2], buildingIds: readonly string[] | null = null) =>
  (await listExceptions(db, marketId, query, buildingIds)).exceptions.map(({ stallCode }) => stallCode);

test('what did not reach its state is listed with what was tried, latest first, of one market alone', async () => {
  const { total, exceptions } = await listExceptions(db, marketId, {});
  expect(total).toBe(4);
  expect(exceptions[3]).toEqual(
    expect.objectContaining({
      meterId: market.meters[0]?.meterId,
      stallCode: 'S0',
      building: 'Hall',
      kind: 'switch_not_confirmed',
      openedAt: START.toISOString(),
      command: 'switch',
      wanted: 'off',
      readBack: null,
      writes: 2,
    }),
  );
  expect(await stalls({})).toEqual(['S3', 'S2', 'S1', 'S0']);
});

test('it is paged in the order asked, and each row is on one page', async () => {
  const page = (page: number) => stalls({ sort: 'stall', page, pageSize: 3 });
  expect([await page(1), await page(2), await page(3)]).toEqual([['S0', 'S1', 'S2'], ['S3'], []]);
  expect(await stalls({ sort: 'kind', descending: true })).toEqual(['S0', 'S2', 'S3', 'S1']);
});

test.each([
  [{ kind: 'command_expired' }, ['S3', 'S1']],
  [{ medium: 'water' }, []],
  [{ building: 'Yard' }, ['S3']],
  [{ from: '2026-03-03', to: '2026-03-04' }, ['S2', 'S1']],
  [{ text: 's2' }, ['S2']],
  [{ text: '_2' }, []],
] as const)('%j leaves %j', async (query, left) => {
  expect(await stalls(query)).toEqual(left);
  expect((await listExceptions(db, marketId, query)).total).toBe(left.length);
});

test('whoever looks after a building sees what is in it, and its number', async () => {
  expect(await stalls({}, [hidden])).toEqual(['S3']);
  expect((await listExceptions(db, marketId, {}, [hidden])).total).toBe(1);
  expect(await stalls({ building: 'Hall' }, [hidden])).toEqual([]);
});

test('what was closed is gone from the list', async () => {
  await db.query('update device_exception set closed_at = $2 where market_id = $1 and opened_at = $2', [
    marketId,
    START,
  ]);
  expect(await stalls({})).toEqual(['S3', 'S2', 'S1']);
});
