import { fen, ZERO_FEN } from '@openprepay/kernel';
import { expect, test } from 'vitest';
import type { AccountFacts } from './facts.ts';
import { type NoticeStage, planNotices } from './notices.ts';

const LOW = fen(2_000);
const holding = (utilityFen: number, change: Partial<AccountFacts> = {}): AccountFacts => ({
  state: 'open',
  mode: 'prepaid',
  utilityFen: fen(utilityFen),
  creditLimitFen: ZERO_FEN,
  emergencyLeftFen: ZERO_FEN,
  ...change,
});
const open = (...stages: NoticeStage[]) => new Set(stages);

test.each([
  ['above the limit nothing is raised', holding(2_001), open(), [], []],
  ['at the limit the first stage is raised', holding(2_000), open(), ['low_balance'], []],
  ['below it the open one stays silent', holding(1), open('low_balance'), [], []],
  ['at zero the final one follows', holding(0), open('low_balance'), ['final'], []],
  ['a fall at once raises both', holding(-5), open(), ['low_balance', 'final'], []],
  ['both open stay silent', holding(-5), open('low_balance', 'final'), [], []],
  ['a small top-up arms the final one again', holding(1), open('low_balance', 'final'), [], ['final']],
  ['a good top-up arms both', holding(2_001), open('low_balance', 'final'), [], ['low_balance', 'final']],
  ['what counts is what is available', holding(-10, { creditLimitFen: fen(5_000) }), open(), [], []],
  ['a postpaid account has no ladder', holding(-10, { mode: 'postpaid' }), open('final'), [], ['final']],
  ['a closed account has no ladder', holding(-10, { state: 'closed' }), open('low_balance'), [], ['low_balance']],
] as const)('%s', (_, account, already, raise, close) => {
  expect(planNotices(account, LOW, already)).toEqual({ raise, close });
});
