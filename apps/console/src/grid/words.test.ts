import { expect, test } from 'vitest';
import { isSwitching, switchWord } from './words.ts';

const relay = {
  meterId: 'm',
  kind: 'electricity',
  online: true,
  switchState: 'on',
  wanted: 'off',
  switching: true,
} as const;

test('a card says a meter is switching only until its read-back is what is wanted', () => {
  expect(isSwitching(relay)).toBe(true);
  expect(switchWord(relay)).toBe('切换中');
  expect(isSwitching({ ...relay, switchState: 'off' })).toBe(false);
  expect(switchWord({ ...relay, switchState: 'off' })).toBe('分闸');
  expect(isSwitching({ ...relay, switching: false })).toBe(false);
});

test('a meter that does not answer is offline, whatever it said last', () => {
  expect(switchWord({ ...relay, switching: false, online: false })).toBe('离线');
});
