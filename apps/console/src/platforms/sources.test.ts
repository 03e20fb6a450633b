import { expect, test } from 'vitest';
import { isPlatformAddress, sourcesOf } from './sources.ts';

test.each<[string, string[] | null]>([
  ['', []],
  ['203.0.113.7', ['203.0.113.7']],
  [' 203.0.113.7，203.0.113.8\n2001:db8::1 ', ['203.0.113.7', '203.0.113.8', '2001:db8::1']],
  ['203.0.113.7 203.0.113.7', ['203.0.113.7']],
  ['203.0.113', null],
  ['203.0.113.256', null],
  ['203.0.113.7/24', null],
  ['push.example', null],
])('of %j the addresses are %j', (typed, sources) => {
  expect(sourcesOf(typed)).toEqual(sources);
});

test.each<[string, boolean]>([
  ['https://tenant.api.ctwing.cn:8743', true],
  ['http://tenant.api.ctwing.cn', false],
  ['https://127.0.0.1', false],
  ['https://localhost', false],
  ['tenant.api.ctwing.cn', false],
])('%s is a platform’s address: %s', (typed, is) => {
  expect(isPlatformAddress(typed)).toBe(is);
});
