import fc from 'fast-check';
import { expect, test } from 'vitest';
import { fen, inCapitals, parseYuan } from './index.ts';

// The examples of the rule itself, and those that a clerk gets wrong.
test.each([
  ['1409.50', '壹仟肆佰零玖元伍角整'],
  ['6007.14', '陆仟零柒元壹角肆分'],
  ['1680.32', '壹仟陆佰捌拾元叁角贰分'],
  ['107000.53', '壹拾万柒仟元伍角叁分'],
  ['16409.02', '壹万陆仟肆佰零玖元零贰分'],
  ['325.04', '叁佰贰拾伍元零肆分'],
  ['0', '零元整'],
  ['0.05', '伍分'],
  ['0.50', '伍角整'],
  ['10', '壹拾元整'],
  ['100000001', '壹亿零壹元整'],
  ['100010000', '壹亿零壹万元整'],
  ['20300', '贰万零叁佰元整'],
  ['11000', '壹万壹仟元整'],
  ['100005000', '壹亿零伍仟元整'],
  ['120000', '壹拾贰万元整'],
  ['100000000000.10', '壹仟亿元壹角整'],
  ['100001000000', '壹仟亿零壹佰万元整'],
  ['-12.30', '负壹拾贰元叁角整'],
])('%s yuan is %s', (yuan, capitals) => {
  expect(inCapitals(parseYuan(yuan))).toBe(capitals);
});

test('there are words up to 10¹² yuan, and not from there on', () => {
  const most = 10n ** 14n;
  expect(inCapitals(fen(most - 1n))).toBe('玖仟玖佰玖拾玖亿玖仟玖佰玖拾玖万玖仟玖佰玖拾玖元玖角玖分');
  for (const amount of [most, -most]) {
    expect(() => inCapitals(fen(amount))).toThrow(
      expect.objectContaining({ message: 'an amount that has words', details: { amount } }),
    );
  }
});

/** Reads capitals back, sign by sign, knowing nothing of how they were made. */
function read(text: string): bigint {
  let total = 0n;
  let section = 0n;
  let digit = 0n;
  for (const sign of text.replace(/^负/, '')) {
    const value = '零壹贰叁肆伍陆柒捌玖'.indexOf(sign);
    if (value >= 0) digit = BigInt(value);
    const power = '分角元拾佰仟'.indexOf(sign);
    if (sign === '分') total += digit;
    if (sign === '角') total += digit * 10n;
    if (power >= 3) section += digit * 10n ** BigInt(power - 2);
    const group = '元万亿'.indexOf(sign);
    if (group >= 0) {
      total += (section + digit) * 100n * 10_000n ** BigInt(group);
      section = 0n;
    }
    if (value < 0) digit = 0n;
  }
  return text.startsWith('负') ? -total : total;
}

test('any amount in capitals reads back as itself, without two noughts in a row or one that leads', () => {
  fc.assert(
    fc.property(fc.bigInt(-(10n ** 14n) + 1n, 10n ** 14n - 1n), fc.integer({ min: 0, max: 13 }), (any, zeros) => {
      const amount = (any / 10n ** BigInt(zeros)) * (any % 2n === 0n ? 10n ** BigInt(zeros) : 1n);
      const text = inCapitals(fen(amount));
      expect(read(text)).toBe(amount);
      expect(text).not.toMatch(/零零|零[拾佰仟万亿角分]/);
      expect(text.endsWith('整')).toBe(amount % 10n === 0n);
      if (amount !== 0n) expect(text).not.toMatch(/^负?零|零整|零元/);
    }),
    { numRuns: 20_000 },
  );
});

test('different amounts have different words', () => {
  const words = Array.from({ length: 30_000 }, (_, amount) => inCapitals(fen(amount)));
  expect(new Set(words).size).toBe(words.length);
});
