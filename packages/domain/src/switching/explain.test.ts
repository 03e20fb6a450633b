import { fen, ZERO_FEN } from '@openprepay/kernel';
import { expect, test } from 'vitest';
import { SWITCH_REASONS } from './decide.ts';
import { explainDecision } from './explain.ts';
import type { SwitchFacts } from './facts.ts';

const NOW = new Date('2026-03-02T02:00:00Z');
const ago = (seconds: number) => new Date(NOW.getTime() - seconds * 1000);
const facts: SwitchFacts = {
  safetyLockout: false,
  override: { mode: 'forced_on', until: ago(1) },
  account: {
    state: 'open',
    mode: 'prepaid',
    utilityFen: fen(-700),
    creditLimitFen: fen(500),
    emergencyLeftFen: ZERO_FEN,
  },
  notOpenIsOff: false,
  protectedStall: false,
  protectedType: false,
  friendlyHours: null,
  holiday: { name: 'fair', stallType: null, firstDay: '2026-03-01', lastDay: '2026-03-03' },
  finalNotice: { deliveredAt: ago(600) },
  finalNoticeWaitS: 1_800,
  lastReadAt: ago(90),
  staleAfterS: 10_800,
  cutForBalance: false,
  restoreMinimumFen: fen(1),
};

test('every rule is named in the order in which it is asked; the first that holds decides', () => {
  const { wanted, reason, rules } = explainDecision(facts, NOW);
  expect([wanted, reason]).toEqual(['leave', 'holiday']);
  expect(rules.map(({ rule }) => rule)).toEqual([...SWITCH_REASONS]);
  expect(rules.filter(({ decides }) => decides).map(({ rule }) => rule)).toEqual(['holiday']);
  expect(rules.filter(({ holds }) => holds).map(({ rule }) => rule)).toEqual([
    'holiday',
    'notice_waiting',
    'balance_used_up',
  ]);
});

test('each rule shows what it looked at, with units', () => {
  const of = (rule: string) => explainDecision(facts, NOW).rules.find((one) => one.rule === rule)?.facts;
  expect(of('forced_on')).toEqual({ override: 'forced_on', untilAt: ago(1) });
  expect(of('balance_used_up')).toEqual({
    availableFen: -200n,
    utilityFen: -700n,
    creditLimitFen: 500n,
    emergencyLeftFen: 0n,
  });
  expect(of('holiday')).toEqual({ name: 'fair', firstDay: '2026-03-01', lastDay: '2026-03-03' });
  expect(of('notice_waiting')).toEqual({ deliveredAt: ago(600), waitS: 1_800, endsAt: ago(-1_200) });
  expect(of('stale_data')).toEqual({ lastReadAt: ago(90), ageS: 90, staleAfterS: 10_800 });
});

test('what the rules look at is there and nothing else', () => {
  const hours = { stallType: 'fish', weekdays: [1], fromMinute: 60, toMinute: 120 };
  const inHours = { ...facts, friendlyHours: hours, protectedStall: true, cutForBalance: true };
  const of = (rule: string) => explainDecision(inHours, NOW).rules.find((one) => one.rule === rule)?.facts;
  expect(of('safety_lockout')).toEqual({});
  expect(of('postpaid')).toEqual({ mode: 'prepaid' });
  expect(of('below_restore_minimum')).toEqual({ availableFen: -200n, restoreMinimumFen: 1n, cutForBalance: true });
  expect(of('balance_available')).toEqual(of('balance_used_up'));
  expect(of('protected_stall')).toEqual({ protectedStall: true, protectedType: false });
  expect(of('friendly_hours')).toEqual({ fromMinute: 60, toMinute: 120, stallType: 'fish' });
  expect(of('notice_not_delivered')).toEqual({ isRaised: true, deliveredAt: ago(600) });
});

test.each([
  ['nobody’s', null, false],
  ['a fen above zero', 201, false],
  ['at zero', 200, true],
])('a balance that is %s is used up: %s', (_, limitFen, holds) => {
  const account = facts.account && limitFen !== null ? { ...facts.account, creditLimitFen: fen(limitFen + 500) } : null;
  const { rules } = explainDecision({ ...facts, account }, NOW);
  expect(rules.find(({ rule }) => rule === 'balance_used_up')?.holds).toBe(holds);
});

test('where there is no account, notice or reading, that is said too', () => {
  const bare = { ...facts, account: null, finalNotice: null, lastReadAt: null };
  const { reason, rules } = explainDecision(bare, NOW);
  const of = (rule: string) => rules.find((one) => one.rule === rule)?.facts;
  expect(reason).toBe('not_open');
  expect(of('not_open')).toEqual({ accountState: null, notOpenIsOff: false });
  expect(of('postpaid')).toEqual({ mode: null });
  expect(of('below_restore_minimum')).toMatchObject({ availableFen: null });
  expect(of('balance_available')).toEqual({});
  expect(of('friendly_hours')).toEqual({});
  expect(of('notice_not_delivered')).toEqual({ isRaised: false, deliveredAt: null });
  expect(of('stale_data')).toEqual({ lastReadAt: null, ageS: null, staleAfterS: 10_800 });
});
