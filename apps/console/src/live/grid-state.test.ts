import type { Grid, GridSummary, StallCell } from '@openprepay/contract';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { mergeChange, replaceGrid } from './grid-state.ts';

const summary: GridSummary = {
  stalls: 3,
  meters: 5,
  metersOnline: 5,
  metersRead: 5,
  openHolds: 0,
  openExceptions: 0,
  unclaimedDevices: 0,
  todayChargedFen: 0,
  todayToppedUpFen: 0,
};

const cell = (code: string, more: Partial<StallCell> = {}): StallCell => ({
  stallId: `id-${code}`,
  code,
  building: 'Hall A',
  stallType: 'fruit',
  state: 'normal',
  customerName: null,
  balanceFen: 100,
  todayWh: 0,
  todayLitres: 0,
  meters: [],
  ...more,
});

const grid = (...stalls: StallCell[]): Grid => ({ at: '2026-03-02T00:00:00Z', summary, stalls });
const codes = (state: { stalls: readonly StallCell[] }) => state.stalls.map((stall) => stall.code);

test('stalls stand by code, as people count', () => {
  const state = replaceGrid(grid(cell('A-10'), cell('A-9'), cell('B-1'), cell('A-2')));
  expect(codes(state)).toEqual(['A-2', 'A-9', 'A-10', 'B-1']);
});

test('a stall that is no more leaves its place', () => {
  const before = replaceGrid(grid(cell('A-1'), cell('A-2')));
  const after = mergeChange(before, { at: '2026-03-02T00:00:01Z', summary, stalls: [cell('A-3')], gone: ['id-A-1'] });
  expect(codes(after)).toEqual(['A-2', 'A-3']);
});

test('a change replaces its own cells and leaves the others the same objects', () => {
  const before = replaceGrid(grid(cell('A-1'), cell('A-2'), cell('A-3')));
  const after = mergeChange(before, {
    at: '2026-03-02T00:00:01Z',
    summary: { ...summary, metersOnline: 4 },
    stalls: [cell('A-2', { state: 'offline' })],
  });
  expect(after.at).toBe('2026-03-02T00:00:01Z');
  expect(after.summary.metersOnline).toBe(4);
  expect(after.stalls[1]?.state).toBe('offline');
  expect(after.stalls[0]).toBe(before.stalls[0]);
  expect(after.stalls[2]).toBe(before.stalls[2]);
  expect(before.stalls[1]?.state).toBe('normal');
});

test('a new stall takes its place, a renamed one moves', () => {
  const before = replaceGrid(grid(cell('A-1'), cell('A-3')));
  const added = mergeChange(before, grid(cell('A-2')));
  expect(codes(added)).toEqual(['A-1', 'A-2', 'A-3']);
  const renamed = mergeChange(added, grid({ ...cell('A-9'), stallId: 'id-A-1' }));
  expect(codes(renamed)).toEqual(['A-2', 'A-3', 'A-9']);
});

test('changes one by one and all together give the same grid', () => {
  const code = fc.integer({ min: 1, max: 20 }).map((n) => `A-${n}`);
  const changes = fc.array(fc.tuple(code, fc.integer()).map(([name, balanceFen]) => cell(name, { balanceFen })));
  fc.assert(
    fc.property(changes, (list) => {
      const stepwise = list.reduce((state, one) => mergeChange(state, grid(one)), replaceGrid(grid()));
      const latest = new Map(list.map((one) => [one.stallId, one]));
      expect(stepwise.stalls).toEqual(replaceGrid(grid(...latest.values())).stalls);
    }),
  );
});
