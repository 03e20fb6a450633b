import { fen, ZERO_FEN } from '@openprepay/kernel';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { FriendlyHours, Holiday } from './calendar.ts';
import { decide, SWITCH_REASONS, SWITCH_RULES } from './decide.ts';
import { type AccountFacts, availableFen, overrideHolds, type SwitchFacts } from './facts.ts';

const NOW = new Date('2026-03-02T02:00:00Z');
const ago = (seconds: number) => new Date(NOW.getTime() - seconds * 1000);
const inFuture = (seconds: number) => ago(-seconds);

const account: AccountFacts = {
  state: 'open',
  mode: 'prepaid',
  utilityFen: fen(5_000),
  creditLimitFen: ZERO_FEN,
  emergencyLeftFen: ZERO_FEN,
};
const plenty: SwitchFacts = {
  safetyLockout: false,
  override: { mode: 'auto', until: null },
  account,
  notOpenIsOff: false,
  protectedStall: false,
  protectedType: false,
  friendlyHours: null,
  holiday: null,
  finalNotice: null,
  finalNoticeWaitS: 1800,
  lastReadAt: ago(600),
  staleAfterS: 10_800,
  cutForBalance: false,
  restoreMinimumFen: fen(1),
};
const withAccount = (change: Partial<AccountFacts>) => ({ account: { ...account, ...change } });
const noticed = { finalNotice: { deliveredAt: ago(1800) } };
/** Nothing left, the final notice delivered and waited out, data fresh: the one case that is cut. */
const usedUp = { ...withAccount({ utilityFen: ZERO_FEN }), ...noticed };
const forcedOn = { override: { mode: 'forced_on', until: null } } as const;
const forcedOff = { override: { mode: 'forced_off', until: null } } as const;
const cut = { cutForBalance: true };
const HOURS: FriendlyHours = { stallType: null, weekdays: [1], fromMinute: 540, toMinute: 1080 };
const HOLIDAY: Holiday = { name: 'fair', stallType: null, firstDay: '2026-03-02', lastDay: '2026-03-02' };
const hours = { friendlyHours: HOURS };
const holiday = { holiday: HOLIDAY };
/** Every reason not to cut at once. */
const spared = { protectedStall: true, protectedType: true, ...hours, ...holiday, finalNotice: null, lastReadAt: null };

// biome-ignore format: a table is read by its columns
const TABLE: readonly (readonly [situation: string, change: Partial<SwitchFacts>, wanted: string, reason: string])[] = [
  // 1 safety lock-out
  ['locked out, balance left',                     { safetyLockout: true },                                          'off',   'safety_lockout'],
  ['locked out, forced on',                        { safetyLockout: true, ...forcedOn },                             'off',   'safety_lockout'],
  ['locked out, forced off',                       { safetyLockout: true, ...forcedOff },                            'off',   'safety_lockout'],
  ['locked out, forced on until a while ago',      { safetyLockout: true, override: { mode: 'forced_on', until: ago(60) } }, 'off', 'safety_lockout'],
  ['locked out, protected',                        { safetyLockout: true, protectedStall: true },                    'off',   'safety_lockout'],
  ['locked out, no account',                       { safetyLockout: true, account: null },                           'off',   'safety_lockout'],
  ['locked out, restored by a top-up',             { safetyLockout: true, ...cut },                                  'off',   'safety_lockout'],
  ['locked out, postpaid',                         { safetyLockout: true, ...withAccount({ mode: 'postpaid' }) },    'off',   'safety_lockout'],
  ['locked out, everything spares it',             { ...usedUp, ...spared, safetyLockout: true },                    'off',   'safety_lockout'],
  // 2 forced off
  ['forced off, balance left',                     { ...forcedOff },                                                 'off',   'forced_off'],
  ['forced off, just topped up after a cut',       { ...forcedOff, ...cut },                                         'off',   'forced_off'],
  ['forced off, protected',                        { ...forcedOff, protectedStall: true },                           'off',   'forced_off'],
  ['forced off, friendly hours',                   { ...forcedOff, ...hours },                          'off',   'forced_off'],
  ['forced off, postpaid',                         { ...forcedOff, ...withAccount({ mode: 'postpaid' }) },           'off',   'forced_off'],
  ['forced off until later',                       { override: { mode: 'forced_off', until: inFuture(1) } },         'off',   'forced_off'],
  ['forced off until now',                         { override: { mode: 'forced_off', until: NOW } },                 'on',    'balance_available'],
  ['forced off until a while ago, used up',        { ...usedUp, override: { mode: 'forced_off', until: ago(60) } },  'off',   'balance_used_up'],
  ['forced off, holiday',                          { ...forcedOff, ...holiday },                                     'off',   'forced_off'],
  ['forced off, no account',                       { ...forcedOff, account: null },                                  'off',   'forced_off'],
  ['forced off, stale data',                       { ...forcedOff, lastReadAt: null },                               'off',   'forced_off'],
  // 3 forced on
  ['forced on, balance left',                      { ...forcedOn },                                                  'on',    'forced_on'],
  ['forced on, used up and noticed',               { ...usedUp, ...forcedOn },                                       'on',    'forced_on'],
  ['forced on, no account',                        { ...forcedOn, account: null, notOpenIsOff: true },               'on',    'forced_on'],
  ['forced on, stale data',                        { ...forcedOn, lastReadAt: null },                                'on',    'forced_on'],
  ['forced on until now, used up',                 { ...usedUp, override: { mode: 'forced_on', until: NOW } },       'off',   'balance_used_up'],
  ['forced on, cut and below the minimum',         { ...forcedOn, ...cut, restoreMinimumFen: fen(9_000) },           'on',    'forced_on'],
  ['forced on, everything spares it',              { ...usedUp, ...spared, ...forcedOn },                            'on',    'forced_on'],
  ['forced on until later, used up',               { ...usedUp, override: { mode: 'forced_on', until: inFuture(1) } }, 'on', 'forced_on'],
  ['auto with an end that is to come',             { override: { mode: 'auto', until: inFuture(1) } },               'on',    'balance_available'],
  // 4 not open
  ['no account',                                   { account: null },                                                'leave', 'not_open'],
  ['no account, market says off',                  { account: null, notOpenIsOff: true },                            'off',   'not_open'],
  ['prepared account',                             { ...withAccount({ state: 'prepared' }) },                        'leave', 'not_open'],
  ['closed account, market says off',              { ...withAccount({ state: 'closed' }), notOpenIsOff: true },      'off',   'not_open'],
  ['closed postpaid account',                      { ...withAccount({ state: 'closed', mode: 'postpaid' }) },        'leave', 'not_open'],
  ['prepared account with money, market says off',  { ...withAccount({ state: 'prepared' }), notOpenIsOff: true },    'off',   'not_open'],
  ['closed account, cut before, below the minimum', { ...cut, restoreMinimumFen: fen(9_000), ...withAccount({ state: 'closed' }) }, 'leave', 'not_open'],
  ['no account, protected stall, market says off', { account: null, notOpenIsOff: true, protectedStall: true },      'off',   'not_open'],
  // 5 postpaid
  ['postpaid',                                     { ...withAccount({ mode: 'postpaid' }) },                         'on',    'postpaid'],
  ['postpaid, owing much',                         { ...usedUp, ...withAccount({ mode: 'postpaid', utilityFen: fen(-900_000) }) }, 'on', 'postpaid'],
  ['postpaid, cut before, owing',                  { ...cut, ...withAccount({ mode: 'postpaid', utilityFen: fen(-1) }) }, 'on', 'postpaid'],
  ['postpaid, cut before, below the minimum',      { ...cut, restoreMinimumFen: fen(9_000), ...withAccount({ mode: 'postpaid' }) }, 'on', 'postpaid'],
  // 6 something available
  ['balance left',                                 {},                                                               'on',    'balance_available'],
  ['one fen left',                                 { ...withAccount({ utilityFen: fen(1) }) },                       'on',    'balance_available'],
  ['one fen left, all reasons not to cut',         { ...withAccount({ utilityFen: fen(1) }), protectedStall: true, ...holiday }, 'on', 'balance_available'],
  ['balance left, data stale',                     { lastReadAt: null },                                             'on',    'balance_available'],
  ['below zero within the credit limit',           { ...withAccount({ utilityFen: fen(-4_999), creditLimitFen: fen(5_000) }) }, 'on', 'balance_available'],
  ['below zero within emergency credit',           { ...withAccount({ utilityFen: fen(-1), emergencyLeftFen: fen(2) }) }, 'on', 'balance_available'],
  ['one fen left of both credits',                 { ...withAccount({ utilityFen: fen(-5_999), creditLimitFen: fen(5_000), emergencyLeftFen: fen(1_000) }) }, 'on', 'balance_available'],
  // 7 nothing available
  ['used up, noticed, waited, fresh',              { ...usedUp },                                                    'off',   'balance_used_up'],
  ['used up to the end of the credit limit',       { ...noticed, ...withAccount({ utilityFen: fen(-5_000), creditLimitFen: fen(5_000) }) }, 'off', 'balance_used_up'],
  ['used up to the end of both credits',           { ...noticed, ...withAccount({ utilityFen: fen(-6_000), creditLimitFen: fen(5_000), emergencyLeftFen: fen(1_000) }) }, 'off', 'balance_used_up'],
  ['far below zero',                               { ...noticed, ...withAccount({ utilityFen: fen(-90_000) }) },     'off',   'balance_used_up'],
  ['used up, protected stall',                     { ...usedUp, protectedStall: true },                              'leave', 'protected_stall'],
  ['used up, protected type of stall',             { ...usedUp, protectedType: true },                               'leave', 'protected_stall'],
  ['used up, protected in friendly hours',         { ...usedUp, protectedStall: true, ...hours },                    'leave', 'protected_stall'],
  ['used up, friendly hours',                      { ...usedUp, ...hours },                             'leave', 'friendly_hours'],
  ['used up, holiday',                             { ...usedUp, ...holiday },                                   'leave', 'holiday'],
  ['used up, friendly hours on a holiday',         { ...usedUp, ...hours, ...holiday },                              'leave', 'friendly_hours'],
  ['used up, holiday and no notice',               { ...usedUp, ...holiday, finalNotice: null },                     'leave', 'holiday'],
  ['used up, no notice',                           { ...usedUp, finalNotice: null },                                 'leave', 'notice_not_delivered'],
  ['used up, notice not delivered',                { ...usedUp, finalNotice: { deliveredAt: null } },                'leave', 'notice_not_delivered'],
  ['used up, notice delivered now',                { ...usedUp, finalNotice: { deliveredAt: NOW } },                 'leave', 'notice_waiting'],
  ['used up, a second before the waiting is over', { ...usedUp, finalNotice: { deliveredAt: ago(1799) } },           'leave', 'notice_waiting'],
  ['used up, no waiting time in this market',      { ...usedUp, finalNotice: { deliveredAt: NOW }, finalNoticeWaitS: 0 }, 'off', 'balance_used_up'],
  ['used up, data as old as the limit',            { ...usedUp, lastReadAt: ago(10_800) },                           'off',   'balance_used_up'],
  ['used up, waited to the second, data as old as the limit', { ...usedUp, finalNotice: { deliveredAt: ago(1800) }, lastReadAt: ago(10_800) }, 'off', 'balance_used_up'],
  ['used up, data older than the limit',           { ...usedUp, lastReadAt: ago(10_801) },                           'leave', 'stale_data'],
  ['used up, never read',                          { ...usedUp, lastReadAt: null },                                  'leave', 'stale_data'],
  ['used up, notice waiting, data stale',          { ...usedUp, finalNotice: { deliveredAt: NOW }, lastReadAt: null }, 'leave', 'notice_waiting'],
  ['used up, everything spares it',                { ...usedUp, ...spared },                                         'leave', 'protected_stall'],
  ['used up, cut already, friendly hours',         { ...usedUp, ...cut, ...hours },                                  'leave', 'friendly_hours'],
  ['used up, cut already',                         { ...usedUp, ...cut },                                            'off',   'balance_used_up'],
  // 8 restore needs a minimum
  ['cut, topped up to above zero',                 { ...cut, ...withAccount({ utilityFen: fen(1) }) },               'on',    'balance_available'],
  ['cut, topped up to zero',                       { ...usedUp, ...cut },                                            'off',   'balance_used_up'],
  ['cut, topped up below the minimum',             { ...cut, restoreMinimumFen: fen(500), ...withAccount({ utilityFen: fen(499) }) }, 'leave', 'below_restore_minimum'],
  ['cut, topped up to the minimum',                { ...cut, restoreMinimumFen: fen(500), ...withAccount({ utilityFen: fen(500) }) }, 'on', 'balance_available'],
  ['cut, at the minimum by its credit limit',      { ...cut, restoreMinimumFen: fen(500), ...withAccount({ utilityFen: fen(-500), creditLimitFen: fen(1_000) }) }, 'on', 'balance_available'],
  ['cut, below the minimum, everything spares it', { ...spared, ...cut, restoreMinimumFen: fen(500), ...withAccount({ utilityFen: fen(499) }) }, 'leave', 'below_restore_minimum'],
  ['not cut, below the minimum',                   { restoreMinimumFen: fen(500), ...withAccount({ utilityFen: fen(499) }) }, 'on', 'balance_available'],
];

describe('the switch decision', () => {
  test.each(TABLE)('%s', (_, change, wanted, reason) => {
    expect(decide({ ...plenty, ...change }, NOW)).toEqual({ wanted, reason });
  });

  test('every rule decides somewhere in the table, and no situation is in it twice', () => {
    expect(TABLE.length).toBeGreaterThanOrEqual(60);
    expect(new Set(TABLE.map(([situation]) => situation)).size).toBe(TABLE.length);
    expect(new Set(TABLE.map(([, , , reason]) => reason))).toEqual(new Set(SWITCH_REASONS));
  });

  test('between two rules that are neighbours and both hold, the upper one decides', () => {
    const both = SWITCH_REASONS.slice(1).map((lower, n) => {
      const upper = SWITCH_REASONS[n];
      return TABLE.some(([, change, , reason]) => {
        const holds = SWITCH_RULES[lower].holds({ ...plenty, ...change }, NOW);
        return reason === upper && holds;
      })
        ? null
        : `${upper} / ${lower}`;
    });
    // One meter has one override, and a notice is delivered or not: these two never hold together.
    expect(both.filter((pair) => pair !== null)).toEqual([
      'forced_off / forced_on',
      'notice_not_delivered / notice_waiting',
    ]);
  });
});

const money = (min: number, max: number) => fc.integer({ min, max }).map(fen);
const instant = fc.integer({ min: -20_000, max: 20_000 }).map(ago);
const anyAccount: fc.Arbitrary<AccountFacts> = fc.record({
  state: fc.constantFrom('prepared', 'open', 'closed'),
  mode: fc.constantFrom('prepaid', 'postpaid'),
  utilityFen: money(-20_000, 20_000),
  creditLimitFen: money(0, 5_000),
  emergencyLeftFen: money(0, 1_000),
});
const anyFacts: fc.Arbitrary<SwitchFacts> = fc.record({
  safetyLockout: fc.boolean(),
  override: fc.record({
    mode: fc.constantFrom('auto', 'forced_on', 'forced_off'),
    until: fc.option(instant),
  }),
  account: fc.option(anyAccount),
  notOpenIsOff: fc.boolean(),
  protectedStall: fc.boolean(),
  protectedType: fc.boolean(),
  friendlyHours: fc.option(fc.constant(HOURS)),
  holiday: fc.option(fc.constant(HOLIDAY)),
  finalNotice: fc.option(fc.record({ deliveredAt: fc.option(instant) })),
  finalNoticeWaitS: fc.integer({ min: 0, max: 7_200 }),
  lastReadAt: fc.option(instant),
  staleAfterS: fc.integer({ min: 1, max: 20_000 }),
  cutForBalance: fc.boolean(),
  restoreMinimumFen: money(1, 5_000),
});

test('whatever the facts: supply is cut for money only where every condition of a cut holds', () => {
  fc.assert(
    fc.property(anyFacts, (facts) => {
      const decision = decide(facts, NOW);
      if (decision.reason !== 'balance_used_up') return;
      expect(decision.wanted).toBe('off');
      expect(facts.account?.state).toBe('open');
      expect(facts.account?.mode).toBe('prepaid');
      expect(facts.account && availableFen(facts.account) <= 0n).toBe(true);
      expect(overrideHolds(facts.override, NOW)).toBe(false);
      expect([facts.protectedStall, facts.protectedType]).toEqual([false, false]);
      expect([facts.friendlyHours, facts.holiday]).toEqual([null, null]);
      const deliveredAt = facts.finalNotice?.deliveredAt ?? inFuture(1);
      expect(NOW.getTime() - deliveredAt.getTime()).toBeGreaterThanOrEqual(facts.finalNoticeWaitS * 1000);
      const readAt = facts.lastReadAt ?? new Date(0);
      expect(NOW.getTime() - readAt.getTime()).toBeLessThanOrEqual(facts.staleAfterS * 1000);
    }),
    { numRuns: 5_000 },
  );
});

test('whatever the facts: off has a reason that may cut, forced off is never on, a lock-out is always off', () => {
  fc.assert(
    fc.property(anyFacts, (facts) => {
      const { wanted, reason } = decide(facts, NOW);
      if (wanted === 'off') expect(['safety_lockout', 'forced_off', 'not_open', 'balance_used_up']).toContain(reason);
      if (facts.safetyLockout) expect(wanted).toBe('off');
      if (facts.override.mode === 'forced_off' && overrideHolds(facts.override, NOW)) expect(wanted).toBe('off');
      const isForcedOn = facts.override.mode === 'forced_on' && overrideHolds(facts.override, NOW);
      if (isForcedOn && !facts.safetyLockout) expect(wanted).toBe('on');
      const available = facts.account && availableFen(facts.account);
      const isAuto = !facts.safetyLockout && !overrideHolds(facts.override, NOW);
      if (isAuto && facts.account?.state === 'open' && available !== null && available > 0n)
        expect(wanted).not.toBe('off');
    }),
    { numRuns: 5_000 },
  );
});
