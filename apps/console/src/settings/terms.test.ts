import type { MarketTerms } from '@openprepay/contract';
import { expect, test } from 'vitest';
import { termsOf, textsOf, wrongIn } from './terms.ts';

const terms: MarketTerms = {
  topUpMinimumFen: 1_000,
  topUpMaximumFen: 500_000,
  emergencyCreditFen: 0,
  depositFen: 50_000,
  debtSharePercent: 30,
  debtCapFen: null,
  postpaidAllowed: false,
};
const typed = textsOf(terms);

test('what is shown and saved unchanged is what there was', () => {
  expect(termsOf(typed)).toEqual(terms);
  expect(termsOf(textsOf({ ...terms, debtCapFen: 5 }))).toMatchObject({ debtCapFen: 5 });
});

test.each([
  ['minimum', '0', 'above_zero'],
  ['maximum', '9.99', 'below_minimum'],
  ['maximum', '1.234', 'amount'],
  ['emergency', '', 'amount'],
  ['deposit', '-1', 'amount'],
  ['cap', '0', 'above_zero'],
  ['share', '101', 'percent'],
  ['share', '', 'percent'],
] as const)('%s of “%s” is told to be wrong, and nothing is sent', (field, value, wrong) => {
  const other = { ...typed, [field]: value };
  expect(wrongIn(other)).toEqual({ [field]: wrong });
  expect(termsOf(other)).toBeNull();
});
