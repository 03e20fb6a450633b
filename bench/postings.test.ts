import { expect, test } from 'vitest';
import { freshDatabase } from '../apps/server/test-support/database.ts';
import { benchPostings } from './postings.ts';

test('postings are compared with TPC-B and with plain SQL, and every purse is the sum of its postings after both', async () => {
  const db = await freshDatabase();
  const results = await benchPostings(db, { pairs: 1, legS: 0.2, accounts: 1_000, scale: 1 });
  expect(results.map(({ goal }) => goal)).toEqual(['P4', 'P4', 'P5']);
  for (const { oursPerS, baselinePerS } of results) {
    expect(oursPerS).toBeGreaterThan(0);
    expect(baselinePerS).toBeGreaterThan(0);
  }
  const wrong = await db.query(
    `select from purse
     where balance_fen <> (select sum(amount_fen) from posting
                           where posting.market_id = purse.market_id and posting.account_id = purse.account_id)`,
  );
  expect(wrong).toEqual([]);
}, 60_000);
