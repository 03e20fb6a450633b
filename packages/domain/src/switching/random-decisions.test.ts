import { fen } from '@openprepay/kernel';
import { expect, test } from 'vitest';
import { decide, type SwitchDecision } from './decide.ts';
import type { SwitchFacts } from './facts.ts';

/** `DECISIONS=10000000` for a night. */
const DECISIONS = Number(process.env.DECISIONS ?? 1_000_000);
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

/*
 * What must never come out, each said from the facts alone and in its own arithmetic: none of the rules' own functions and
 * none of their reasons is believed here.
 */
const ageS = (then: Date | null | undefined) => (then ? (NOW.getTime() - then.getTime()) / 1000 : null);
const isOrdered = ({ override: { mode, until } }: SwitchFacts, what: 'forced_on' | 'forced_off') =>
  mode === what && !(until !== null && until.getTime() <= NOW.getTime());
const moneyOf = ({ account }: SwitchFacts) =>
  account === null ? 0 : Number(account.utilityFen) + Number(account.creditLimitFen) + Number(account.emergencyLeftFen);
const isOpen = ({ account }: SwitchFacts) => account?.state === 'open';
const isPrepaid = (facts: SwitchFacts) => isOpen(facts) && facts.account?.mode === 'prepaid';
/** Off by order of a person, or because nobody has an account: then the balance is not what cuts. */
const isOffByOrder = (facts: SwitchFacts) =>
  facts.safetyLockout ||
  isOrdered(facts, 'forced_off') ||
  (!isOpen(facts) && facts.notOpenIsOff && !isOrdered(facts, 'forced_on'));
/** No order of a person holds: the account decides. */
const isAuto = (facts: SwitchFacts) =>
  !facts.safetyLockout && !isOrdered(facts, 'forced_off') && !isOrdered(facts, 'forced_on');
const isSpared = (facts: SwitchFacts) =>
  facts.protectedStall ||
  facts.protectedType ||
  facts.friendlyHours !== null ||
  facts.holiday !== null ||
  (ageS(facts.finalNotice?.deliveredAt) ?? Number.NEGATIVE_INFINITY) < facts.finalNoticeWaitS ||
  (ageS(facts.lastReadAt) ?? Number.POSITIVE_INFINITY) > facts.staleAfterS;

type Wanted = SwitchDecision['wanted'];
const FORBIDDEN: Readonly<Record<string, (facts: SwitchFacts, wanted: Wanted) => boolean>> = {
  'a cut with something available': (facts, wanted) => isCut(facts, wanted) && moneyOf(facts) > 0,
  'a cut of nobody’s account': (facts, wanted) => isCut(facts, wanted) && !isOpen(facts),
  'a cut of a postpaid account': (facts, wanted) => isCut(facts, wanted) && facts.account?.mode === 'postpaid',
  'a cut of a protected stall': (facts, wanted) =>
    isCut(facts, wanted) && (facts.protectedStall || facts.protectedType),
  'a cut in friendly hours': (facts, wanted) => isCut(facts, wanted) && facts.friendlyHours !== null,
  'a cut on a holiday': (facts, wanted) => isCut(facts, wanted) && facts.holiday !== null,
  'a cut before the final notice': (facts, wanted) =>
    isCut(facts, wanted) && ageS(facts.finalNotice?.deliveredAt) === null,
  'a cut before its waiting time is over': (facts, wanted) =>
    isCut(facts, wanted) && (ageS(facts.finalNotice?.deliveredAt) ?? -1) < facts.finalNoticeWaitS,
  'a cut on stale data': (facts, wanted) =>
    isCut(facts, wanted) && (ageS(facts.lastReadAt) ?? Number.POSITIVE_INFINITY) > facts.staleAfterS,
  'not on although forced on': (facts, wanted) =>
    wanted !== 'on' && isOrdered(facts, 'forced_on') && !facts.safetyLockout,
  'on against forced off': (facts, wanted) => wanted !== 'off' && isOrdered(facts, 'forced_off'),
  'on against a lock-out': ({ safetyLockout }, wanted) => safetyLockout && wanted !== 'off',
  'on of nobody’s account': (facts, wanted) => isAuto(facts) && wanted === 'on' && !isOpen(facts),
  'on with nothing available': (facts, wanted) =>
    isAuto(facts) && wanted === 'on' && isPrepaid(facts) && moneyOf(facts) <= 0,
  'on after a cut, below the minimum': (facts, wanted) =>
    isAuto(facts) &&
    wanted === 'on' &&
    isPrepaid(facts) &&
    facts.cutForBalance &&
    moneyOf(facts) < Number(facts.restoreMinimumFen),
  'not on although it was paid for': (facts, wanted) =>
    isAuto(facts) &&
    wanted !== 'on' &&
    isOpen(facts) &&
    (!isPrepaid(facts) ||
      (moneyOf(facts) > 0 && (!facts.cutForBalance || moneyOf(facts) >= Number(facts.restoreMinimumFen)))),
  'not off although nothing is left and nothing spares it': (facts, wanted) =>
    isAuto(facts) && wanted !== 'off' && isPrepaid(facts) && moneyOf(facts) <= 0 && !isSpared(facts),
};

const isCut = (facts: SwitchFacts, wanted: Wanted) => wanted === 'off' && !isOffByOrder(facts);

test(
  `${DECISIONS.toLocaleString('en')} random decisions: none that is forbidden, and none of the rules unused`,
  () => {
    const forbidden = Object.entries(FORBIDDEN);
    const found = new Map<string, SwitchFacts>();
    const reasons = new Map<string, number>();
    for (let n = 0; n < DECISIONS; n += 1) {
      const facts = anyFacts();
      const decision = decide(facts, NOW);
      reasons.set(decision.reason, (reasons.get(decision.reason) ?? 0) + 1);
      for (const [name, isIt] of forbidden) if (isIt(facts, decision.wanted)) found.set(name, facts);
    }
    expect([...found]).toEqual([]);
    expect(reasons.size).toBe(14);
    expect(Math.min(...reasons.values())).toBeGreaterThan(DECISIONS / 1_000);
  },
  60_000 + DECISIONS / 50,
);
