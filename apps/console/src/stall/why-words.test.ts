import { expect, test } from 'vitest';
import { speak } from '../locales/index.ts';
import { factName, factValue } from './why-words.ts';

const shown = (name: string, value: string | number | boolean | null) =>
  factValue(name, value, 'electricity', (at) => `at ${at}`);

test('a fact is shown in the unit that its name ends with', async () => {
  await speak('en');
  expect(shown('availableFen', -150)).toBe('−¥1.50');
  expect(shown('fromMinute', 1350)).toBe('22:30');
  expect(shown('toMinute', 1440)).toBe('24:00');
  expect(shown('deliveredAt', '2026-03-02T02:00:00Z')).toBe('at 2026-03-02T02:00:00Z');
  expect(shown('protectedStall', true)).toBe('Yes');
  expect(shown('lastReadAt', null)).toBe('—');
});

test('a time is told in the largest unit that says enough', async () => {
  await speak('en');
  expect([0, 1, 119, 120, 7_199, 7_200, 10_800].map((seconds) => shown('ageS', seconds))).toEqual([
    '0 seconds',
    '1 second',
    '119 seconds',
    '2 minutes',
    '119 minutes',
    '2 hours',
    '3 hours',
  ]);
});

test('codes have words, a name is shown as it is, and so is a code nobody has words for', async () => {
  await speak('zh-CN');
  expect(shown('override', 'auto')).toBe('自动');
  expect(shown('accountState', 'open')).not.toBe('open');
  expect(shown('mode', 'prepaid')).not.toBe('prepaid');
  expect(shown('name', '春节')).toBe('春节');
  expect(shown('override', 'new_mode')).toBe('new_mode');
  expect(factName('waitS')).toBe('等待时间');
  expect(factName('new_fact')).toBe('new_fact');
});
