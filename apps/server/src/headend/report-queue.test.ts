import { expect, test, vi } from 'vitest';
import type { MeterReport } from '../readings/index.ts';
import { createReportQueue } from './report-queue.ts';

const report = (meterId: string): MeterReport => ({
  marketId: 'm',
  meterId,
  kind: 'water',
  model: 'NB-WATER-15',
  ctRatio: 1,
  receivedAt: new Date(0),
  frame: null,
  reading: null,
  switchState: null,
});

test('what comes together is stored together, a thousand at most at once', async () => {
  const batches: number[] = [];
  const queue = createReportQueue({ intake: async (reports) => void batches.push(reports.length) });
  await Promise.all(Array.from({ length: 2_500 }, (_, index) => queue.add(report(`${index}`))));
  expect(batches).toEqual([1_000, 1_000, 500]);
});

test('one report that breaks a constraint does not take the others with it', async () => {
  const stored: string[] = [];
  const queue = createReportQueue({
    intake: async (reports) => {
      if (reports.some((one) => one.meterId === 'bad')) throw Object.assign(new Error('violates'), { code: '23503' });
      stored.push(...reports.map((one) => one.meterId));
    },
  });
  const results = await Promise.allSettled(['a', 'b', 'bad', 'c'].map((meterId) => queue.add(report(meterId))));
  expect(results.map((result) => result.status)).toEqual(['fulfilled', 'fulfilled', 'rejected', 'fulfilled']);
  expect(stored.sort()).toEqual(['a', 'b', 'c']);
});

test('a database that is away refuses the whole batch with one try', async () => {
  const intake = vi.fn(() => Promise.reject(new Error('ECONNREFUSED')));
  const queue = createReportQueue({ intake });
  const results = await Promise.allSettled(['a', 'b', 'c'].map((meterId) => queue.add(report(meterId))));
  expect(results.every((result) => result.status === 'rejected')).toBe(true);
  expect(intake).toHaveBeenCalledTimes(1);
});

test('a queue that fills up asks for a pause, refuses beyond its bound, and lets go when it has room', async () => {
  const pressure: boolean[] = [];
  let release: (() => void) | undefined;
  const first = new Promise<void>((done) => {
    release = done;
  });
  const queue = createReportQueue({ intake: () => first, onPressure: (full) => pressure.push(full) });
  const adding = Array.from({ length: 11_000 }, (_, index) => queue.add(report(`${index}`)));
  const refused = adding.pop();
  expect(pressure).toEqual([true]);
  expect(queue.queued).toBe(10_000);
  await expect(queue.add(report('one too many'))).rejects.toMatchObject({ code: 'headend.queue_full' });
  release?.();
  await Promise.all([...adding, refused]);
  expect(pressure).toEqual([true, false]);
  expect(queue.queued).toBe(0);
});
