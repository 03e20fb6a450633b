import { quantity } from '@openprepay/kernel';
import fc from 'fast-check';
import { type MeterValue, type PlanVersion, type PriceRule, parseRule, TARIFFS } from '../src/pricing/index.ts';

const QUARTER_MS = 900_000;
/** A Friday in Shanghai, some hours before a month, a season and a special day begin. */
const START_MS = Date.UTC(2026, 3, 30, 2);

export const quarter = (count: number) => new Date(START_MS + count * QUARTER_MS);

const clock = (quarters: number) =>
  `${String(Math.floor(quarters / 4)).padStart(2, '0')}:${String((quarters % 4) * 15).padStart(2, '0')}`;

const yuan = (micro: number) => `${Math.floor(micro / 1_000_000)}.${String(micro % 1_000_000).padStart(6, '0')}`;
const price = fc.integer({ min: 0, max: 2_000_000 }).map(yuan);
const parts = fc
  .array(price, { minLength: 1, maxLength: 3 })
  .map((prices) => prices.map((one, index) => ({ name: `part ${index}`, price: one })));
const prices = fc
  .tuple(parts, parts, parts, parts, parts)
  .map((all) => Object.fromEntries(TARIFFS.map((tariff, index) => [tariff, all[index]])));

const dayTable = fc
  .tuple(
    fc.uniqueArray(fc.integer({ min: 1, max: 95 }), { maxLength: 6 }),
    fc.array(fc.constantFrom(...TARIFFS), { minLength: 7, maxLength: 7 }),
  )
  .map(([borders, tariffs]) => {
    const starts = [0, ...borders.sort((a, b) => a - b)];
    return starts.map((start, index) => ({
      from: clock(start),
      to: clock(starts[index + 1] ?? 96),
      tariff: tariffs[index],
    }));
  });
const calendar = fc.tuple(dayTable, dayTable, dayTable, dayTable).map(([winter, summer, weekend, special]) => ({
  dayTables: { winter, summer, weekend, special },
  seasons: [
    { from: '10-01', to: '04-30', weekday: 'winter' },
    { from: '05-01', to: '09-30', weekday: 'summer', weekend: 'weekend' },
  ],
  specialDays: { '2026-05-01': 'special' },
}));

const boundaries = fc
  .uniqueArray(fc.integer({ min: 1, max: 250 }), { minLength: 1, maxLength: 3 })
  .map((all) => all.sort((a, b) => a - b));
const period = fc.constantFrom('month', 'year');
const by = fc.constantFrom('registers', 'intervals');
const stepped = <Price>(name: string, one: fc.Arbitrary<Price>) =>
  fc
    .tuple(boundaries, fc.array(one, { minLength: 4, maxLength: 4 }))
    .map(([ends, all]) =>
      [...ends, undefined].map((upTo, index) => ({ ...(upTo === undefined ? {} : { upTo }), [name]: all[index] })),
    );

const KINDS = {
  flat: fc.record({ kind: fc.constant('flat'), parts }),
  tou: fc.record({ kind: fc.constant('tou'), by, calendar, prices }),
  steps: fc.record({ kind: fc.constant('steps'), period, steps: stepped('parts', parts) }),
  steps_tou: fc.record({ kind: fc.constant('steps_tou'), period, by, calendar, steps: stepped('prices', prices) }),
};

/** Rules made once and used again and again: a calendar is laid out in time when it is first asked. */
const POOL_SIZE = 60;
const sampled = <Json>(json: fc.Arbitrary<Json>, seed: number): Json[] =>
  fc.sample(json, { numRuns: POOL_SIZE, seed: 20_260_501 + seed });
const plain = Object.entries(KINDS).map(([kind, json], index) => ({ kind, jsons: sampled<object>(json, index) }));
const pools = Object.fromEntries(plain.map(({ kind, jsons }) => [kind, jsons.map(parseRule)]));
export const ruleOf = (kind: PriceRule['kind']): fc.Arbitrary<PriceRule> => fc.constantFrom(...(pools[kind] ?? []));

/** A rule, and the same with an allowance, a standing charge, or both. */
export interface Extended {
  readonly bare: PriceRule;
  readonly rule: PriceRule;
  /** Wh or litres, 0 for none, and after which time it begins anew. */
  readonly allowance: bigint;
  readonly per: 'month' | 'year';
  readonly perDay: bigint;
}
const extras = fc.record({
  allowance: fc.oneof(fc.constant(0), fc.integer({ min: 1, max: 250 })),
  per: period,
  perDay: fc.oneof(fc.constant(0), fc.integer({ min: 1, max: 3_000_000 })),
});
const extended = sampled(extras, 9).flatMap((extra, index) =>
  plain.map(({ jsons }): Extended => {
    const json = jsons[index] ?? {};
    const allowed = extra.allowance > 0;
    const per = 'period' in json ? (json.period as 'month' | 'year') : extra.per;
    const rule = parseRule({
      ...json,
      ...(allowed ? { allowance: { quantity: `0.${String(extra.allowance).padStart(3, '0')}`, per } } : {}),
      ...(extra.perDay > 0 ? { standing: { perDay: yuan(extra.perDay) } } : {}),
    });
    return { bare: parseRule(json), rule, allowance: BigInt(extra.allowance), per, perDay: BigInt(extra.perDay) };
  }),
);
export const extendedRule: fc.Arbitrary<Extended> = fc.constantFrom(...extended);
export const anyRule = fc.oneof(
  ruleOf('flat'),
  ruleOf('tou'),
  ruleOf('steps'),
  ruleOf('steps_tou'),
  extendedRule.map(({ rule }) => rule),
);

const MOST_QUARTERS = 120;
const MOST_MOVED = 40;
/** So many ways a register may move: in every other one it stands still. */
const MOVES = 2 * MOST_MOVED + 1;
const moves = (registers: number) => fc.nat(MOVES ** registers - 1);
/** In three numbers, for ten would take three times as long to make up: the time and whether it carries registers, and how those moved. */
const interval = fc.tuple(fc.nat(2 * MOST_QUARTERS - 1), moves(3), moves(2));

/** A meter over some days: readings at whole quarters of an hour, rising by small uses, with registers or without. */
export const register = fc.array(interval, { minLength: 2, maxLength: 7 }).map((intervals) => {
  let at = 0;
  const registers = TARIFFS.map(() => 1_000);
  return intervals.map(([time, firstThree, lastTwo]): MeterValue => {
    at += 1 + (time >> 1);
    const moved = [...digits(firstThree, 3), ...digits(lastTwo, 2)];
    for (const [index, move] of moved.entries())
      registers[index] = (registers[index] ?? 0) + Math.max(move - MOST_MOVED, 0);
    return {
      readAt: quarter(at),
      total: quantity(registers.reduce((sum, value) => sum + value)),
      tariffs: time % 2 === 1 ? registers.map(BigInt) : null,
    };
  });
});

function digits(number: number, count: number): number[] {
  const found: number[] = [];
  for (let left = number; found.length < count; left = Math.floor(left / MOVES)) found.push(left % MOVES);
  return found;
}

export const versionOf = (rule: PriceRule, version = 1, from = 0): PlanVersion => ({
  planId: 'plan',
  version,
  validFrom: quarter(from),
  rule,
});

/** A plan whose rule changes up to three times while the register above is read. */
export const versions = fc
  .tuple(
    anyRule,
    fc.uniqueArray(fc.tuple(fc.integer({ min: 1, max: 300 }), anyRule), { maxLength: 3, selector: ([at]) => at }),
  )
  .map(([first, later]) => [
    versionOf(first),
    ...later.sort(([a], [b]) => a - b).map(([from, rule], index) => versionOf(rule, index + 2, from)),
  ]);
