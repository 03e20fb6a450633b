import type { Customer } from '@openprepay/contract';
import { expect, test } from 'vitest';
import { surelyMeant } from './choice.ts';

const customer = (number: string, exact: boolean): Customer => ({
  accountId: number,
  number,
  customerName: number,
  phone: null,
  state: 'open',
  mode: 'prepaid',
  creditLimitFen: 0,
  purses: { utility: 0, fees: 0, deposit: 0, debt: 0 },
  stalls: [],
  exact,
});

test('whoever is found alone, or fits whole alone, needs no choosing; of others none is taken by chance', () => {
  expect(surelyMeant([])).toBeNull();
  expect(surelyMeant([customer('1', false)])?.number).toBe('1');
  expect(surelyMeant([customer('1', true), customer('12', false)])?.number).toBe('1');
  expect(surelyMeant([customer('1', false), customer('12', false)])).toBeNull();
  expect(surelyMeant([customer('1', true), customer('2', true)])).toBeNull();
});
