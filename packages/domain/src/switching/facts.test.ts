import { type Fen, fen } from '@openprepay/kernel';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { decide } from './decide.ts';
import { explainDecision } from './explain.ts';
import { type AccountFacts, isCutForBalance, overrideHolds, type SwitchFacts } from './facts.ts';
import { NOTICE_STAGES, planNotices } from './notices.ts';

const NOW = new Date('2026-03-02T02:00:00Z');
const later = (seconds: number) => new Date(NOW.getTime() + seconds * 1000);

test.each([
  ['off', 'balance_used_up', true],
  ['off', 'below_restore_minimum', true],
  ['off', 'forced_off', false],
  ['off', null, false],
  ['on', 'balance_used_up', false],
  [null, 'balance_used_up', false],
] as const)('wanted %s by %s is cut for its balance: %s', (wanted, reason, isCut) => {
  expect(isCutForBalance(wanted, reason)).toBe(isCut);
});

test.each([
  ['auto', null, false],
  ['auto', later(1), false],
  ['forced_on', null, true],
  ['forced_off', later(1), true],
  ['forced_off', NOW, false],
] as const)('an override %s until %s holds: %s', (mode, until, holds) => {
  expect(overrideHolds({ mode, until }, NOW)).toBe(holds);
});

const money = (most: number) => fc.integer({ min: -most, max: most }).map((value): Fen => fen(value));
const instant = fc.integer({ min: -10_000, max: 10_000 }).map(later);
const anyAccount: fc.Arbitrary<AccountFacts> = fc.record({
  state: fc.constantFrom('open', 'open', 'open', 'prepared', 'closed'),
  mode: fc.constantFrom('prepaid', 'prepaid', 'prepaid', 'postpaid'),
  utilityFen: money(300),
  creditLimitFen: money(100).map((value) => fen(value < 0n ? 0n : value)),
  emergencyLeftFen: money(50).map((value) => fen(value < 0n ? 0n : value)),
});
const anyFacts: fc.Arbitrary<SwitchFacts & { readonly account: AccountFacts }> = fc.record({
  safetyLockout: fc.constantFrom(false, false, false, true),
  override: fc.record({ mode: fc.constantFrom('auto', 'auto', 'forced_on', 'forced_off'), until: fc.option(instant) }),
  account: anyAccount,
  notOpenIsOff: fc.boolean(),
  protectedStall: fc.constantFrom(false, false, true),
  protectedType: fc.constantFrom(false, false, true),
  friendlyHours: fc.constant(null),
  holiday: fc.constant(null),
  finalNotice: fc.option(fc.record({ deliveredAt: fc.option(instant) })),
  finalNoticeWaitS: fc.constantFrom(0, 900, 1_800),
  lastReadAt: fc.option(instant),
  staleAfterS: fc.constantFrom(1_800, 10_800),
  cutForBalance: fc.boolean(),
  restoreMinimumFen: fc.constantFrom(fen(1), fen(100)),
});
const otherPurses = fc.record({ feesFen: money(1_000_000), debtFen: money(1_000_000), depositFen: money(1_000_000) });
const ladder = { lowBalanceFen: fen(150), alarm2Fen: fen(50), rearmFen: fen(20) };

test('what an account owes for property fees, of old or has deposited changes no switch decision, no reason and no notice', () => {
  fc.assert(
    fc.property(anyFacts, otherPurses, fc.subarray([...NOTICE_STAGES]), (facts, others, open) => {
      const account = { ...facts.account, ...others };
      expect(decide({ ...facts, account }, NOW)).toEqual(decide(facts, NOW));
      expect(explainDecision({ ...facts, account }, NOW)).toEqual(explainDecision(facts, NOW));
      expect(planNotices(account, ladder, new Set(open))).toEqual(planNotices(facts.account, ladder, new Set(open)));
    }),
    { numRuns: 100_000 },
  );
}, 120_000);
