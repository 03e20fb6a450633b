import { expect, test } from 'vitest';
import { freshDatabase } from '../apps/server/test-support/database.ts';
import { runExports } from './export-run.ts';

test('a list of 2,000 rows is taken along each way', async () => {
  const figures = await runExports(await freshDatabase(), 2_000, 1);
  expect(figures.map(({ format, rows }) => [format, rows])).toEqual([
    ['csv', 2_000],
    ['xlsx', 2_000],
  ]);
  for (const { megabytes, ratio } of figures) {
    expect(megabytes).toBeGreaterThan(0);
    expect(ratio.median).toBeGreaterThan(0);
  }
}, 60_000);
