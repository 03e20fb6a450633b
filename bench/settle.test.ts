import { expect, test } from 'vitest';
import { freshDatabase } from '../apps/server/test-support/database.ts';
import { settleLines } from './settle-figures.ts';
import { runSettle } from './settle-run.ts';

test('settlement and its single statement leave the same rows, and both are measured', async () => {
  const figures = await runSettle(await freshDatabase(), 90, 3);
  expect(figures.accounts).toBe(90);
  expect(figures.low).toBeGreaterThan(0);
  expect(figures.high).toBeGreaterThanOrEqual(figures.low);
  for (const { commits, rowsPerAccount, walBytesPerAccount } of [figures.ours, figures.baseline]) {
    expect(commits).toBeGreaterThanOrEqual(1);
    expect(rowsPerAccount).toBeCloseTo(6, 0);
    expect(walBytesPerAccount).toBeGreaterThan(0);
  }
  expect(settleLines(figures).join()).toContain('90 accounts');
}, 60_000);
