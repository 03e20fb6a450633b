import { STALL_STATES } from '@openprepay/contract';
import { expect, test } from 'vitest';
import { en } from './en.ts';
import { codeText, speak, text } from './index.ts';
import { zhCN } from './zh-CN.ts';

type Tree = { readonly [key: string]: string | Tree };

function leaves(tree: Tree, prefix = ''): Map<string, string> {
  return new Map(
    Object.entries(tree).flatMap(([key, value]) =>
      typeof value === 'string' ? [[prefix + key, value] as const] : [...leaves(value, `${prefix}${key}.`)],
    ),
  );
}

const chinese = leaves(zhCN);
const english = leaves(en);
const placeholders = (message: string) => new Set(message.match(/\{\w+\}/g) ?? []);
/** The language button names the other language, in that language. */
const CROSSED = ['app.language', 'app.languageHint'];

test('every language says the same things with the same values', () => {
  expect([...english.keys()]).toEqual([...chinese.keys()]);
  for (const [key, message] of chinese) {
    expect([key, placeholders(english.get(key) ?? '')]).toEqual([key, placeholders(message)]);
  }
});

test('no message is empty, English has no Chinese in it', () => {
  for (const [key, message] of english) {
    expect([key, message.trim()]).not.toEqual([key, '']);
    expect([key, chinese.get(key)?.trim()]).not.toEqual([key, '']);
    if (!CROSSED.includes(key)) expect([key, /\p{Script=Han}/u.test(message)]).toEqual([key, false]);
  }
});

test('every message can be put together in both languages', async () => {
  for (const language of ['zh-CN', 'en'] as const) {
    await speak(language);
    for (const state of STALL_STATES) expect(text(`state.${state}`)).not.toContain('state.');
    expect(text('topUp.title', { stall: 'A-1', customer: '@|{}' })).toContain('A-1 @|{}');
  }
});

test('English counts', async () => {
  await speak('en');
  expect(text('grid.inBuilding', { n: 1 })).toBe('1 stall');
  expect(text('grid.inBuilding', { n: 0 })).toBe('0 stalls');
  await speak('zh-CN');
  expect(text('grid.inBuilding', { n: 2 })).toBe('2 个档位');
});

test('a code the console has no words for is shown as it is', () => {
  expect(codeText('reason', 'balance_used_up')).toBe('余额用完');
  expect(codeText('reason', 'not_yet_known')).toBe('not_yet_known');
});
