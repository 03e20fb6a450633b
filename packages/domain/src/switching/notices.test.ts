import { fen, ZERO_FEN } from '@openprepay/kernel';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { AccountFacts } from './facts.ts';
import { type AlarmLadder, type NoticeStage, planNotices } from './notices.ts';

const ONE_ALARM: AlarmLadder = { lowBalanceFen: fen(2_000), alarm2Fen: null, rearmFen: ZERO_FEN };
const TWO_ALARMS: AlarmLadder = { lowBalanceFen: fen(2_000), alarm2Fen: fen(500), rearmFen: fen(100) };
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
  expect(planNotices(account, ONE_ALARM, already)).toEqual({ raise, close });
});

test.each([
  ['above alarm 2 only alarm 1 is raised', holding(501), open(), ['low_balance'], []],
  ['at alarm 2 it follows', holding(500), open('low_balance'), ['alarm_2'], []],
  ['a fall at once raises all three', holding(-1), open(), ['low_balance', 'alarm_2', 'final'], []],
  ['a little above alarm 2 it is not armed yet', holding(600), open('low_balance', 'alarm_2'), [], []],
  ['well above alarm 2 it is', holding(601), open('low_balance', 'alarm_2'), [], ['alarm_2']],
  ['a little above alarm 1 it is not armed yet', holding(2_100), open('low_balance'), [], []],
  ['well above alarm 1 it is', holding(2_101), open('low_balance'), [], ['low_balance']],
  ['the final notice is armed by the first fen', holding(1), open('low_balance', 'alarm_2', 'final'), [], ['final']],
] as const)('two alarms: %s', (_, account, already, raise, close) => {
  expect(planNotices(account, TWO_ALARMS, already)).toEqual({ raise, close });
});

test('an alarm that the market takes away is closed', () => {
  expect(planNotices(holding(1), ONE_ALARM, open('low_balance', 'alarm_2'))).toEqual({ raise: [], close: ['alarm_2'] });
});

test('whatever the balance does: a stage fires again only after it was armed, and never while the balance stays beside it', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: -300, max: 2_500 }), { maxLength: 60 }), (balances) => {
      const already = new Set<NoticeStage>();
      let highest = Number.POSITIVE_INFINITY;
      for (const balance of balances) {
        highest = Math.max(highest, balance);
        const { raise, close } = planNotices(holding(balance), TWO_ALARMS, already);
        for (const stage of close) expect(already.delete(stage)).toBe(true);
        for (const stage of raise) expect(already.has(stage)).toBe(false);
        if (raise.includes('alarm_2')) {
          expect(highest).toBeGreaterThan(600);
          highest = balance;
        }
        for (const stage of raise) already.add(stage);
        expect(already.has('final')).toBe(balance <= 0);
        if (balance <= 500) expect(already.has('alarm_2')).toBe(true);
        if (balance > 600) expect(already.has('alarm_2')).toBe(false);
      }
    }),
    { numRuns: 2_000 },
  );
});
