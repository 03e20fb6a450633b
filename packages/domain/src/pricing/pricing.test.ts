import { fen, formatPrice, type MicroYuan, type NanoYuan, quantity, roundToFen } from '@openprepay/kernel';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { chargeFor } from './charge.ts';
import { settlementCutOff } from './cut-off.ts';
import { parseRule, unitPrice } from './rule.ts';
import { cutSegments, type MeterValue, type PlanVersion, priceSegments, versionAt } from './segments.ts';

const NOTHING = 0n as NanoYuan;
const MINUTE_MS = 60_000;
const at = (minutes: number) => new Date(Date.UTC(2026, 2, 1) + minutes * MINUTE_MS);
const flat = (price: string) => parseRule({ kind: 'flat', parts: [{ name: 'energy', price }] });
const versionFrom = (version: number, minutes: number, price: bigint): PlanVersion => ({
  planId: 'plan',
  version,
  validFrom: at(minutes),
  rule: { kind: 'flat', parts: [{ name: 'energy', price: price as MicroYuan }] },
});

/** A register over time: readings at rising minutes, rising by arbitrary uses. */
const register = fc
  .array(fc.tuple(fc.integer({ min: 1, max: 2_000 }), fc.bigInt({ min: 0n, max: 50_000n })), {
    minLength: 2,
    maxLength: 40,
  })
  .map((steps) => {
    let minutes = 0;
    let total = 1_000n;
    return steps.map(([wait, use]): MeterValue => {
      minutes += wait;
      total += use;
      return { readAt: at(minutes), total: quantity(total) };
    });
  });
const price = fc.bigInt({ min: 0n, max: 3_000_000n });

const sum = (amounts: readonly bigint[]) => amounts.reduce((a, b) => a + b, 0n);

test('a price is the sum of its parts, rebates included, exact to six places', () => {
  const rule = parseRule({
    kind: 'flat',
    parts: [
      { name: 'energy', price: '0.612345' },
      { name: 'loss', price: '0.05' },
      { name: 'rebate', price: '-0.000001' },
    ],
  });
  expect(formatPrice(unitPrice(rule))).toBe('0.662344');
});

test.each([
  ['nothing', null],
  ['a list', []],
  ['an unknown kind', { kind: 'steps', parts: [{ name: 'energy', price: '1' }] }],
  ['no parts', { kind: 'flat', parts: [] }],
  ['a part without a name', { kind: 'flat', parts: [{ name: ' ', price: '1' }] }],
  ['a price as a number', { kind: 'flat', parts: [{ name: 'energy', price: 0.85 }] }],
  ['seven decimals', { kind: 'flat', parts: [{ name: 'energy', price: '0.8532001' }] }],
  ['an exponent', { kind: 'flat', parts: [{ name: 'energy', price: '1e3' }] }],
  ['a price below zero', { kind: 'flat', parts: [{ name: 'energy', price: '-0.1' }] }],
  ['a slip of the decimal point', { kind: 'flat', parts: [{ name: 'energy', price: '1000.000001' }] }],
  ['more parts than are read', { kind: 'flat', parts: Array(13).fill({ name: 'energy', price: '0.1' }) }],
])('a rule that is %s is refused by name', (_, json) => {
  expect(() => parseRule(json)).toThrow(expect.objectContaining({ code: 'pricing.bad_rule' }));
});

test('any bytes of JSON are either a rule or refused by name', () => {
  fc.assert(
    fc.property(fc.jsonValue(), (json) => {
      try {
        expect(unitPrice(parseRule(json))).toBeGreaterThanOrEqual(0n);
      } catch (error) {
        expect(error).toMatchObject({ code: 'pricing.bad_rule' });
      }
    }),
  );
});

test('half a fen is charged up, and the next half is already paid', () => {
  const half = flat('0.005000');
  const first = chargeFor(NOTHING, quantity(1_000), unitPrice(half));
  const second = chargeFor(first.exactAfter, quantity(1_000), unitPrice(half));
  expect([first.amountFen, second.amountFen]).toEqual([fen(1), fen(0)]);
});

test('use below zero is never priced', () => {
  expect(() => chargeFor(NOTHING, quantity(-1), unitPrice(flat('1')))).toThrow(
    expect.objectContaining({ code: 'kernel.assertion_failed' }),
  );
});

test('however a period is cut into settlements, the charges add up to its use × price, rounded once', () => {
  fc.assert(
    fc.property(register, price, fc.infiniteStream(fc.boolean()), (values, unit, cuts) => {
      const versions = [versionFrom(1, 0, unit)];
      const amounts: bigint[] = [];
      let exact = NOTHING;
      let open = values.slice(0, 1);
      for (const [index, value] of values.slice(1).entries()) {
        open.push(value);
        if (cuts.next().value !== true && index < values.length - 2) continue;
        for (const priced of priceSegments(exact, cutSegments(open, versions))) {
          amounts.push(priced.amountFen);
          exact = priced.exactAfter;
        }
        open = [value];
      }
      const use = (values.at(-1)?.total ?? 0n) - (values[0]?.total ?? 0n);
      expect(sum(amounts)).toBe(roundToFen((use * unit) as NanoYuan));
      expect(amounts.every((amount) => amount >= 0n)).toBe(true);
    }),
  );
});

test('with several versions, every interval costs what its first reading’s version says, and no cut changes the total', () => {
  const versioned = fc.uniqueArray(fc.tuple(fc.integer({ min: 1, max: 40_000 }), price), {
    maxLength: 5,
    selector: ([minutes]) => minutes,
  });
  fc.assert(
    fc.property(register, price, versioned, (values, unit, later) => {
      const versions = [[0, unit] as const, ...later].map(([minutes, one], i) => versionFrom(i + 1, minutes, one));
      const exact = values.slice(1).reduce((total, to, index) => {
        const from = values[index] ?? to;
        const inForce = versionAt(versions, from.readAt);
        return total + (to.total - from.total) * (inForce?.rule.parts[0]?.price ?? 0n);
      }, 0n);
      const whole = priceSegments(NOTHING, cutSegments(values, versions));
      expect(sum(whole.map((one) => one.amountFen))).toBe(roundToFen(exact as NanoYuan));
      let carried = NOTHING;
      const single = values.slice(1).flatMap((to, index) => {
        const priced = priceSegments(carried, cutSegments([values[index] ?? to, to], versions));
        carried = priced.at(-1)?.exactAfter ?? carried;
        return priced.map((one) => one.amountFen);
      });
      expect(sum(single)).toBe(roundToFen(exact as NanoYuan));
    }),
  );
});

test('segments begin and end at readings, join without a gap, and none crosses a version', () => {
  const values = [0, 30, 60, 90, 120].map((minutes) => ({ readAt: at(minutes), total: quantity(minutes) }));
  const versions = [versionFrom(1, 0, 1n), versionFrom(2, 45, 2n), versionFrom(3, 90, 3n)];
  const segments = cutSegments(values, versions);
  expect(segments.map(({ from, to, version }) => [from.total, to.total, version.version])).toEqual([
    [0n, 60n, 1],
    [60n, 90n, 2],
    [90n, 120n, 3],
  ]);
});

test('an interval that begins before the first version is refused by name', () => {
  const values = [0, 30].map((minutes) => ({ readAt: at(minutes), total: quantity(minutes) }));
  expect(() => cutSegments(values, [versionFrom(1, 10, 1n)])).toThrow(
    expect.objectContaining({ code: 'pricing.no_version' }),
  );
});

test.each([
  ['each_reading', null],
  ['daily', '2026-03-03T16:00:00.000Z'],
  ['weekly', '2026-03-01T16:00:00.000Z'],
  ['monthly', '2026-02-28T16:00:00.000Z'],
] as const)('a building settled %s is settled up to %s', (period, expected) => {
  // Wednesday 4 March 2026, 08:30 in Shanghai.
  const cutOff = settlementCutOff(period, new Date('2026-03-04T00:30:00Z'), 'Asia/Shanghai');
  expect(cutOff?.toISOString() ?? null).toBe(expected);
});

test('a week that began in the month before ends there', () => {
  const cutOff = settlementCutOff('weekly', new Date('2026-04-01T04:00:00Z'), 'Asia/Shanghai');
  expect(cutOff?.toISOString()).toBe('2026-03-29T16:00:00.000Z');
});
