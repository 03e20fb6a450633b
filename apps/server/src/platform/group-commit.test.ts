import { expect, test } from 'vitest';
import { createGroupCommit } from './group-commit.ts';

const doubled = (batches: number[][]) => async (items: readonly number[]) => {
  batches.push([...items]);
  return items.map((item) => 2 * item);
};

test('what comes in one turn, or while a batch is stored, is one batch, and each caller gets its own result', async () => {
  const batches: number[][] = [];
  let release: (() => void) | undefined;
  const first = new Promise<void>((done) => {
    release = done;
  });
  const store = doubled(batches);
  const group = createGroupCommit<number, number>({
    maxBatch: 10,
    inFlight: 1,
    delayMs: 0,
    async store(items) {
      const results = await store(items);
      if (batches.length === 1) await first;
      return results;
    },
  });
  const early = [group.add(1), group.add(2)];
  await expect.poll(() => batches).toEqual([[1, 2]]);
  const late = [group.add(3), group.add(4), group.add(5)];
  expect(group.queued).toBe(3);
  release?.();
  expect(await Promise.all([...early, ...late])).toEqual([2, 4, 6, 8, 10]);
  expect(batches).toEqual([
    [1, 2],
    [3, 4, 5],
  ]);
});

test('an item that cannot be stored fails alone, and its neighbours get what is theirs', async () => {
  const batches: number[][] = [];
  const store = doubled(batches);
  const group = createGroupCommit<number, number>({
    maxBatch: 10,
    inFlight: 1,
    delayMs: 0,
    store: async (items) => {
      if (items.includes(13)) throw Object.assign(new Error('violates a check'), { code: '23514' });
      return store(items);
    },
  });
  const results = await Promise.allSettled([11, 12, 13, 14].map((item) => group.add(item)));
  expect(results.map((one) => (one.status === 'fulfilled' ? one.value : 'refused'))).toEqual([22, 24, 'refused', 28]);
  expect(batches.flat()).toEqual([11, 12, 14]);
});

test('what still waits is stored before it is drained', async () => {
  const batches: number[][] = [];
  const group = createGroupCommit<number, number>({
    maxBatch: 2,
    inFlight: 1,
    delayMs: 60_000,
    store: doubled(batches),
  });
  const all = [1, 2, 3].map((item) => group.add(item));
  await group.drained();
  expect(await Promise.all(all)).toEqual([2, 4, 6]);
  expect(batches).toEqual([[1, 2], [3]]);
});

test('where more than one batch may be under way, what waits is shared among them', async () => {
  const batches: number[][] = [];
  const release: (() => void)[] = [];
  const group = createGroupCommit<number, number>({
    maxBatch: 10,
    inFlight: 2,
    delayMs: 0,
    async store(items) {
      batches.push([...items]);
      await new Promise<void>((done) => release.push(done));
      return items;
    },
  });
  const early = [1, 2, 3, 4, 5].map((item) => group.add(item));
  await expect
    .poll(() => batches)
    .toEqual([
      [1, 2, 3],
      [4, 5],
    ]);
  const late = [6, 7, 8].map((item) => group.add(item));
  release[1]?.();
  expect(await Promise.all(early.slice(3))).toEqual([4, 5]);
  await expect.poll(() => batches.slice(2)).toEqual([[6, 7, 8]]);
  release[0]?.();
  release[2]?.();
  expect(await Promise.all([...early, ...late])).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
});
