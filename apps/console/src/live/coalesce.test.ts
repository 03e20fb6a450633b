import { expect, test } from 'vitest';
import { coalesce } from './coalesce.ts';

test('calls during a run lead to exactly one more run, and never to two at once', async () => {
  const finish: (() => void)[] = [];
  const request = coalesce(
    () =>
      new Promise((done) => {
        finish.push(done);
      }),
  );
  const settle = () => new Promise<void>((done) => setImmediate(done));
  request();
  request();
  request();
  expect(finish.length).toBe(1);
  finish[0]?.();
  await settle();
  expect(finish.length).toBe(2);
  finish[1]?.();
  await settle();
  expect(finish.length).toBe(2);
  request();
  expect(finish.length).toBe(3);
});
