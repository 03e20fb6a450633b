import { ALL_FAULTS } from '@openprepay/simulator';
import { expect, test } from 'vitest';
import { eventually, expectProved, startTestMarket } from './support.ts';

const SPEED = 120;
const HOUR_MS = 3_600_000;

test('after an hour of market time with every fault on, the books are proved', async () => {
  const market = await startTestMarket({ stalls: 40, speed: SPEED, faults: ALL_FAULTS });
  try {
    const { at } = await market.api('markets', {});
    const until = Date.parse(at) + HOUR_MS;
    await eventually(
      async () => {
        expect(Date.parse((await market.api('markets', {})).at)).toBeGreaterThan(until);
      },
      (2 * HOUR_MS) / SPEED,
    );
    const [count] = await market.db.query<{ charges: number }>(
      'select count(*)::int as charges from charge where market_id = $1',
      [market.marketId],
    );
    expect(count?.charges).toBeGreaterThan(market.site.stalls.length);
    expectProved(await market.verify());
  } finally {
    await market.stop();
  }
});
