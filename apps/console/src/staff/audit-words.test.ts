import { AUDIT_ACTS } from '@openprepay/contract';
import { expect, test } from 'vitest';
import { en } from '../locales/en.ts';
import { zhCN } from '../locales/zh-CN.ts';
import { AUDIT_ROOMS } from './audit-rooms.ts';

const inOrder = (acts: Readonly<Record<string, readonly string[]>>) =>
  Object.fromEntries(Object.entries(acts).map(([room, names]) => [room, names.toSorted()]));
const wordsIn = (words: Readonly<Record<string, object>>) =>
  inOrder(Object.fromEntries(Object.entries(words).map(([room, of]) => [room, Object.keys(of)])));

test.each([
  ['Chinese', zhCN],
  ['English', en],
])(
  'every act in the audit has words in %s, and no words are of an act that there is not',
  (_, { auditAction, audit }) => {
    expect(wordsIn(auditAction)).toEqual(inOrder(AUDIT_ACTS));
    expect(Object.keys(audit.roomOf).sort()).toEqual(Object.keys(AUDIT_ACTS).sort());
  },
);

test('the audit can be filtered by every kind of act', () => {
  expect([...AUDIT_ROOMS]).toEqual(Object.keys(AUDIT_ACTS).sort());
});
