import { fen, uuidV7 } from '@openprepay/kernel';
import { expect, test } from 'vitest';
import { freshDatabase } from '../../test-support/database.ts';
import { minute, seedMarket } from '../../test-support/market.ts';
import { accountOfStall, openAccounts, requireOpenAccount } from './index.ts';

const db = await freshDatabase();

test('an account opens with its stalls, and a stall knows whose it is', async () => {
  const { marketId, meters } = await seedMarket(db, { meters: 2 });
  const [first] = meters;
  expect(await accountOfStall(db, marketId, first?.stallId ?? '')).toEqual({
    accountId: first?.accountId,
    number: 'A0',
    customerName: '商户 0',
    phone: null,
    state: 'open',
    mode: 'prepaid',
    creditLimitFen: 0n,
  });
  await db.query('update tenancy set to_at = $2 where market_id = $1', [marketId, minute(60)]);
  expect(await accountOfStall(db, marketId, first?.stallId ?? '')).toBeNull();
});

test('a stall that has a tenant is not given to another', async () => {
  const { marketId, meters } = await seedMarket(db);
  const accountId = uuidV7(minute(0));
  const stallIds = meters.map((meter) => meter.stallId);
  const second = { accountId, number: 'B', customerName: '商户', phone: null, creditLimitFen: fen(0), stallIds };
  await expect(db.tx((tx) => openAccounts(tx, marketId, minute(60), [second]))).rejects.toThrow(/tenancy_current/);
  await expect(requireOpenAccount(db, marketId, accountId)).rejects.toMatchObject({ code: 'accounts.not_found' });
});

test('another market’s account is not found', async () => {
  const [one, two] = [await seedMarket(db), await seedMarket(db)];
  const accountId = one.meters[0]?.accountId ?? '';
  await expect(requireOpenAccount(db, two.marketId, accountId)).rejects.toMatchObject({ code: 'accounts.not_found' });
  expect(await requireOpenAccount(db, one.marketId, accountId)).toMatchObject({ accountId });
});
