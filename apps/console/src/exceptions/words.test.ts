import { afterEach, expect, test } from 'vitest';
import { speak } from '../locales/index.ts';
import { detailWords } from './words.ts';

afterEach(async () => {
  await speak('zh-CN');
});

const stuckRelay = {
  kind: 'switch_not_confirmed',
  command: 'switch',
  meterKind: 'electricity',
  wanted: 'off',
  readBack: 'on',
  writes: 3,
} as const;
const sleepingValve = { ...stuckRelay, kind: 'command_expired', meterKind: 'water', readBack: null } as const;

test('an exception says what was wanted, how often it was tried and what was read back, in the meter’s own terms', () => {
  expect(detailWords(stuckRelay)).toBe('目标分闸，发送 3 次后回读仍为合闸');
  expect(detailWords({ ...stuckRelay, readBack: null })).toBe('目标分闸，发送 3 次后没有有效回读');
  expect(detailWords(sleepingValve)).toBe('目标关阀，发送 3 次，有效期内没有确认');
  expect(detailWords({ ...sleepingValve, writes: 0 })).toBe('目标关阀，有效期内没能发出');
});

test('a setting says what the meter was told', () => {
  const clock = {
    ...stuckRelay,
    kind: 'setting_not_confirmed',
    command: 'clock',
    wanted: null,
    readBack: null,
  } as const;
  expect(detailWords(clock)).toBe('校时：发送 3 次后，表计回读仍不一致');
  expect(detailWords({ ...clock, kind: 'command_expired' })).toBe('校时：发送 3 次，有效期内没有确认');
});

test('and the same in English, where one write is not many', async () => {
  await speak('en');
  expect(detailWords(stuckRelay)).toBe('Wanted: Off. Still reads back On after 3 writes.');
  expect(detailWords({ ...sleepingValve, writes: 1 })).toBe('Wanted: Closed. Not confirmed in time, after 1 write.');
  expect(detailWords({ ...sleepingValve, writes: 0 })).toBe('Wanted: Closed. Could not be sent in time.');
});
