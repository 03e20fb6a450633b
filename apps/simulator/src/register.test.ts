import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Register } from './register.ts';

const HOUR_MS = 3_600_000;
const start = { ticks: { day: 0, night: 0 }, remainder: 0, atMs: 0 };
const bandAt = (atMs: number) => (atMs % (24 * HOUR_MS) < 12 * HOUR_MS ? 'day' : 'night');

test('1,000 W for an hour are 100 ticks of 10 Wh, in the band of their time', () => {
  const register = new Register(start, bandAt);
  register.advance(HOUR_MS, () => 1000);
  expect(register.ticks).toEqual({ day: 100, night: 0 });
  register.skip(12 * HOUR_MS);
  register.advance(13 * HOUR_MS, () => 2000);
  expect(register.ticks).toEqual({ day: 100, night: 200 });
  expect(register.totalTicks).toBe(300);
});

test('however often the register is looked at, it counts the same', () => {
  const loadAt = (atMs: number) => 100 + (Math.floor(atMs / 600_000) % 7) * 333;
  const once = new Register(start, bandAt);
  once.advance(30 * HOUR_MS, loadAt);
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 0, max: 30 * HOUR_MS })), (looks) => {
      const often = new Register(start, bandAt);
      for (const atMs of looks.sort((a, b) => a - b)) often.advance(atMs, loadAt);
      often.advance(30 * HOUR_MS, loadAt);
      expect(often.memory()).toEqual(once.memory());
    }),
  );
});

test('a clock that went back counts nothing until time goes on', () => {
  const register = new Register({ ...start, atMs: 10 * HOUR_MS }, bandAt);
  register.advance(5 * HOUR_MS, () => 1000);
  expect(register.totalTicks).toBe(0);
  register.advance(6 * HOUR_MS, () => 1000);
  expect(register.totalTicks).toBe(100);
});

test('an absence longer than a month is not made up for', () => {
  const register = new Register(start, bandAt);
  register.advance(32 * 24 * HOUR_MS, () => 1000);
  expect(register.totalTicks).toBe(0);
});
