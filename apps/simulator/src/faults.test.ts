import { expect, test } from 'vitest';
import { ManualTime } from '../test-support/manual-time.ts';
import { ALL_FAULTS, FaultPlan } from './faults.ts';

const HOUR_MS = 3_600_000;
const serials = Array.from({ length: 5_000 }, (_, n) => `meter ${n}`);
const make = (seed = 1) => {
  const time = new ManualTime('2026-03-03T01:00:00Z');
  return { time, plan: new FaultPlan(seed, time, serials, ALL_FAULTS) };
};

test.each(['offline', 'late', 'duplicated', 'garbage', 'split'] as const)(
  '%s affects about 2 %% at a time, and not always the same',
  (fault) => {
    const { time, plan } = make();
    const affected = () => serials.filter((serial) => plan.active(fault, serial));
    const now = affected();
    expect(now.length).toBeGreaterThan(60);
    expect(now.length).toBeLessThan(140);
    expect(make().plan.active(fault, now[0] ?? '')).toBe(true);
    time.advance(HOUR_MS);
    expect(affected()).not.toEqual(now);
  },
);

test('about 1 % of the meters are stuck, and stay so', () => {
  const { time, plan } = make();
  const stuck = () => serials.filter((serial) => plan.active('stuck', serial));
  const now = stuck();
  expect(now.length).toBeGreaterThan(25);
  expect(now.length).toBeLessThan(75);
  time.advance(100 * HOUR_MS);
  expect(stuck()).toEqual(now);
});

test('three registers fall back, once each', () => {
  const { time, plan } = make();
  const due = () => serials.filter((serial) => plan.decreaseDue(serial));
  expect(due()).toEqual([]);
  time.advance(4 * HOUR_MS);
  expect(due()).toHaveLength(3);
  time.advance(100 * HOUR_MS);
  expect(due()).toEqual([]);
  expect(plan.injected.decrease).toBe(3);
});

test('a fault that is not asked for never happens', () => {
  const { time, plan } = make();
  plan.enable(['late']);
  time.advance(10 * HOUR_MS);
  expect(serials.filter((serial) => plan.active('offline', serial) || plan.decreaseDue(serial))).toEqual([]);
  expect(serials.some((serial) => plan.strikes('late', serial))).toBe(true);
  expect(plan.injected.late).toBeGreaterThan(0);
});
