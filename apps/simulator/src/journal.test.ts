import { appendFileSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { Journal } from './journal.ts';

const folder = mkdtempSync(join(tmpdir(), 'journal-'));
afterAll(() => rmSync(folder, { recursive: true }));

test('a value is in the file when put returns, and the last one of a key wins', () => {
  const path = join(folder, 'last-wins');
  const journal = new Journal(path);
  journal.put('a', { ticks: 1 });
  journal.put('b', { ticks: 5 });
  journal.put('a', { ticks: 2 });
  // Not closed: what a process killed at this point leaves behind.
  const reopened = new Journal(path);
  expect(reopened.get('a')).toEqual({ ticks: 2 });
  expect(reopened.get('b')).toEqual({ ticks: 5 });
  expect(reopened.get('c')).toBeUndefined();
  expect(reopened.droppedLines).toBe(0);
});

test('a line cut short by a crash is dropped and what came before it is kept', () => {
  const path = join(folder, 'cut');
  new Journal(path).put('a', { ticks: 7 });
  appendFileSync(path, '["a",{"ticks":');
  const reopened = new Journal(path);
  expect(reopened.get('a')).toEqual({ ticks: 7 });
  expect(reopened.droppedLines).toBe(1);
  reopened.put('a', { ticks: 8 });
  expect(new Journal(path).get('a')).toEqual({ ticks: 8 });
});

test('opening leaves one line per key', () => {
  const path = join(folder, 'compact');
  const journal = new Journal(path);
  for (let i = 0; i < 1000; i++) journal.put(`meter ${i % 3}`, { i });
  const grown = statSync(path).size;
  new Journal(path).close();
  expect(readFileSync(path, 'utf8').trim().split('\n')).toHaveLength(3);
  expect(statSync(path).size).toBeLessThan(grown / 100);
});

test('without a file it remembers within the process only', () => {
  const journal = new Journal(null);
  journal.put('a', 1);
  expect(journal.get('a')).toBe(1);
  expect(new Journal(null).get('a')).toBeUndefined();
});
