import { expect, test } from 'vitest';
import { freshDatabase } from '../apps/server/test-support/database.ts';
import { runSweep } from './sweep-run.ts';

test('a sweep of 200 meters that lose every tenth question is complete within its slot', async () => {
  const db = await freshDatabase();
  const figures = await runSweep(db, {
    meters: 200,
    slotS: 60,
    speed: 6,
    lossPercent: 10,
    jitterMs: [5, 20],
    headend: {
      limits: { replyWithinMs: 400, quietAfterTimeOutMs: 50 },
      sweep: { everyMs: 50, retryLeastMs: 200 },
    },
  });
  expect(figures.complete).toBe(200);
  expect(figures.ratio).toBeLessThanOrEqual(1);
  expect(figures.timeOuts).toBeGreaterThan(0);
  expect(figures.reads).toBeLessThan(300);
}, 60_000);
