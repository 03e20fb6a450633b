import { assert } from './errors.ts';
import type { Fen } from './money.ts';

const DIGITS = '零壹贰叁肆伍陆柒捌玖';
const PLACES = [
  [1_000, '仟'],
  [100, '佰'],
  [10, '拾'],
  [1, ''],
] as const;
const GROUPS = [
  [100_000_000n, '亿'],
  [10_000n, '万'],
  [1n, ''],
] as const;
const LIMIT_FEN = 10n ** 14n;

/**
 * An amount in capitals (大写), as receipts bear it: 1,409.50 yuan is 壹仟肆佰零玖元伍角整. By 正确填写票据和结算凭证的基本规定
 * (PBoC, 银发〔1997〕393号, annex 1): one 零 for any run of noughts between digits, 整 where it does not end in 分, 零 before a
 * 分 without 角.
 * @throws kernel.assertion_failed from 10¹² yuan on
 */
export function inCapitals(amount: Fen): string {
  const isNegative = amount < 0n;
  const fen = isNegative ? -amount : amount;
  assert(fen < LIMIT_FEN, 'an amount that has words', { amount });
  const yuan = wholeYuan(fen / 100n);
  const [jiao, rest] = [Number((fen / 10n) % 10n), Number(fen % 10n)];
  const sign = isNegative ? '负' : '';
  if (jiao === 0 && rest === 0) return `${sign}${yuan === '' ? '零元' : yuan}整`;
  const jiaoText = jiao > 0 ? `${DIGITS[jiao]}角` : yuan === '' ? '' : '零';
  return `${sign}${yuan}${jiaoText}${rest > 0 ? `${DIGITS[rest]}分` : '整'}`;
}

/** '' for none. Groups of four digits, each named: a nought at a group's head, or a group of noughts, is one 零. */
function wholeYuan(yuan: bigint): string {
  let text = '';
  let isNoughtDue = false;
  for (const [worth, name] of GROUPS) {
    const value = Number((yuan / worth) % 10_000n);
    if (value === 0) {
      isNoughtDue = true;
      continue;
    }
    const needsNought = text !== '' && (isNoughtDue || value < 1_000);
    text += `${needsNought ? '零' : ''}${upToFourDigits(value)}${name}`;
    isNoughtDue = false;
  }
  return text === '' ? '' : `${text}元`;
}

function upToFourDigits(value: number): string {
  let text = '';
  let isNoughtDue = false;
  for (const [worth, name] of PLACES) {
    const digit = Math.floor(value / worth) % 10;
    if (digit === 0) {
      isNoughtDue = text !== '';
      continue;
    }
    text += `${isNoughtDue ? '零' : ''}${DIGITS[digit]}${name}`;
    isNoughtDue = false;
  }
  return text;
}
