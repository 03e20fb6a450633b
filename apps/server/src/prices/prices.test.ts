import { uuidV7 } from '@openprepay/kernel';
import { expect, test } from 'vitest';
import { freshDatabase } from '../../test-support/database.ts';
import { flatRule, minute, seedMarket } from '../../test-support/market.ts';
import { createPlans, type NewPlan, priceBook } from './index.ts';

const db = await freshDatabase();
const id = () => uuidV7(minute(0));
const plan = (over: Partial<NewPlan>): NewPlan => ({
  planId: id(),
  kind: 'water',
  name: 'water',
  marketDefault: false,
  versions: [{ validFrom: minute(0), rule: flatRule('4.1') }],
  ...over,
});

test('an account’s own plan is found, else the default of its kind, else none', async () => {
  const { marketId, planId } = await seedMarket(db);
  const own = plan({ kind: 'electricity', name: 'cold store' });
  await createPlans(db, marketId, [own]);
  const book = await priceBook(db, marketId);
  expect(book.planFor('electricity', own.planId)?.name).toBe('cold store');
  expect(book.planFor('electricity', null)?.planId).toBe(planId);
  expect(book.planFor('water', null)).toBeNull();
});

test('versions are numbered in order of validity, whatever order they are given in', async () => {
  const { marketId } = await seedMarket(db);
  const versions = [
    { validFrom: minute(60), rule: flatRule('5') },
    { validFrom: minute(0), rule: flatRule('4') },
  ];
  const water = plan({ marketDefault: true, versions });
  await createPlans(db, marketId, [water]);
  const stored = (await priceBook(db, marketId)).planFor('water', null)?.versions ?? [];
  expect(stored.map(({ version, validFrom, rule }) => [version, validFrom, rule])).toEqual([
    [1, minute(0), { kind: 'flat', price: [{ name: 'energy', price: 4_000_000n }] }],
    [2, minute(60), { kind: 'flat', price: [{ name: 'energy', price: 5_000_000n }] }],
  ]);
});

test('a plan without a price, or with one that cannot be read, is refused and nothing is stored', async () => {
  const { marketId } = await seedMarket(db);
  await expect(createPlans(db, marketId, [plan({ versions: [] })])).rejects.toMatchObject({
    code: 'prices.no_versions',
  });
  const versions = [{ validFrom: minute(0), rule: { kind: 'flat', parts: [{ name: 'x', price: '1.1234567' }] } }];
  await expect(createPlans(db, marketId, [plan({}), plan({ name: 'bad', versions })])).rejects.toMatchObject({
    code: 'pricing.bad_rule',
  });
  expect((await priceBook(db, marketId)).planFor('water', null)).toBeNull();
});
