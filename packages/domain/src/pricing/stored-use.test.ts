import { expect, test } from 'vitest';
import { calendar, energy, flat, steps, tou } from '../../test/rule-examples.ts';
import { parseRule } from './rule.ts';
import { priceOfUse } from './stored-use.ts';

const byStepAndTariff = {
  kind: 'steps_tou',
  period: 'month',
  by: 'intervals',
  calendar,
  steps: [{ upTo: 100, prices: { flat: energy('3') } }, { prices: { flat: energy('4') } }],
};

test.each([
  ['flat', flat(energy('5')), null, null, [5_000_000n]],
  ['tou', tou, null, 'flat', [1_000_000n]],
  ['tou', tou, null, 'sharp', []],
  ['tou', tou, null, null, []],
  ['steps', steps, 1, null, [1_000_000n]],
  ['steps', steps, 2, null, [2_000_000n]],
  ['steps', steps, 3, null, []],
  ['steps', steps, null, null, []],
  ['steps_tou', byStepAndTariff, 1, 'flat', [3_000_000n]],
  ['steps_tou', byStepAndTariff, 2, 'flat', [4_000_000n]],
  ['steps_tou', byStepAndTariff, 3, 'flat', []],
  ['steps_tou', byStepAndTariff, 1, 'peak', []],
  ['steps_tou', byStepAndTariff, null, 'flat', []],
] as const)('under %s a use is priced again by the step and tariff it had', (_, rule, step, tariff, prices) => {
  expect(priceOfUse(parseRule(rule), step, tariff).map(({ price }) => price)).toEqual(prices);
});
