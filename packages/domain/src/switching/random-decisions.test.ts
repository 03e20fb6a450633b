import { fen } from '@openprepay/kernel';
import { expect, test } from 'vitest';
import { decide, type SwitchDecision } from './decide.ts';
import { availableFen, overrideHolds, type SwitchFacts } from './facts.ts';

const DECISIONS = 1_000_000;
const SEED = 20_260_302;
const NOW = new Date('2026-03-02T02:00:00Z');

/** Numbers from 0 up to below 1, the same ones every time (mulberry32). */
function randomFrom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

const random = randomFrom(SEED);
const one = <T>(...from: readonly [T, ...T[]]): T => from[Math.floor(random() * from.length)] ?? from[0];
const is = (probability: number) => random() < probability;
const whole = (from: number, to: number) => from + Math.floor(random() * (to - from + 1));
const near = () => new Date(NOW.getTime() + whole(-8_000, 2_000) * 1000);

/** Most often near the edges: little money, notices and readings about as old as their limits. */
const anyFacts = (): SwitchFacts => ({
  safetyLockout: is(0.05),
  override: { mode: one('auto', 'auto', 'auto', 'forced_on', 'forced_off'), until: is(0.5) ? near() : null },
  account: is(0.05)
    ? null
    : {
        state: one('open', 'open', 'open', 'open', 'prepared', 'closed'),
        mode: one('prepaid', 'prepaid', 'prepaid', 'postpaid'),
        utilityFen: fen(whole(-20, 10)),
        creditLimitFen: fen(is(0.3) ? whole(0, 15) : 0),
        emergencyLeftFen: fen(is(0.3) ? whole(0, 5) : 0),
      },
  notOpenIsOff: is(0.5),
  protectedStall: is(0.1),
  protectedType: is(0.1),
  friendlyHours: is(0.1) ? { stallType: null, weekdays: [1], fromMinute: 540, toMinute: 1080 } : null,
  holiday: is(0.1) ? { name: 'fair', stallType: null, firstDay: '2026-03-02', lastDay: '2026-03-02' } : null,
  finalNotice: is(0.8) ? { deliveredAt: is(0.9) ? near() : null } : null,
  finalNoticeWaitS: one(0, 900, 1_800, 3_600),
  lastReadAt: is(0.95) ? near() : null,
  staleAfterS: one(1_800, 3_600, 10_800),
  cutForBalance: is(0.3),
  restoreMinimumFen: fen(one(1, 5, 20)),
});

const ageS = (then: Date | null | undefined) => (then ? (NOW.getTime() - then.getTime()) / 1000 : null);

/** What must never come out, each said without the rules: an off or on that would do a tenant or a fitter harm. */
const FORBIDDEN: Readonly<Record<string, (facts: SwitchFacts, decision: SwitchDecision) => boolean>> = {
  'a cut with something available': ({ account }, d) => isCut(d) && account !== null && availableFen(account) > 0n,
  'a cut of nobody’s account': ({ account }, d) => isCut(d) && account?.state !== 'open',
  'a cut of a postpaid account': ({ account }, d) => isCut(d) && account?.mode === 'postpaid',
  'a cut of a protected stall': (facts, d) => isCut(d) && (facts.protectedStall || facts.protectedType),
  'a cut in friendly hours': ({ friendlyHours }, d) => isCut(d) && friendlyHours !== null,
  'a cut on a holiday': ({ holiday }, d) => isCut(d) && holiday !== null,
  'a cut before the final notice': ({ finalNotice }, d) => isCut(d) && ageS(finalNotice?.deliveredAt) === null,
  'a cut before its waiting time is over': ({ finalNotice, finalNoticeWaitS }, d) =>
    isCut(d) && (ageS(finalNotice?.deliveredAt) ?? -1) < finalNoticeWaitS,
  'a cut on stale data': ({ lastReadAt, staleAfterS }, d) =>
    isCut(d) && (ageS(lastReadAt) ?? Number.POSITIVE_INFINITY) > staleAfterS,
  'a cut of what is forced on': ({ override }, d) =>
    isCut(d) && override.mode === 'forced_on' && overrideHolds(override, NOW),
  'on against forced off': ({ override }, { wanted }) =>
    wanted !== 'off' && override.mode === 'forced_off' && overrideHolds(override, NOW),
  'on against a lock-out': ({ safetyLockout }, { wanted }) => safetyLockout && wanted !== 'off',
  'off without a rule that may': ({ account }, { wanted, reason }) =>
    wanted === 'off' &&
    !['safety_lockout', 'forced_off', 'balance_used_up'].includes(reason) &&
    !(reason === 'not_open' && account?.state !== 'open'),
};

const isCut = ({ wanted, reason }: SwitchDecision) =>
  wanted === 'off' && !['safety_lockout', 'forced_off', 'not_open'].includes(reason);

test(`${DECISIONS.toLocaleString('en')} random decisions: none that is forbidden, and none of the rules unused`, () => {
  const forbidden = Object.entries(FORBIDDEN);
  const found = new Map<string, SwitchFacts>();
  const reasons = new Map<string, number>();
  for (let n = 0; n < DECISIONS; n += 1) {
    const facts = anyFacts();
    const decision = decide(facts, NOW);
    reasons.set(decision.reason, (reasons.get(decision.reason) ?? 0) + 1);
    for (const [name, isIt] of forbidden) if (isIt(facts, decision)) found.set(name, facts);
  }
  expect([...found]).toEqual([]);
  expect(reasons.size).toBe(14);
  expect(Math.min(...reasons.values())).toBeGreaterThan(1_000);
}, 60_000);
