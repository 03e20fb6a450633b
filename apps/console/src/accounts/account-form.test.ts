import { expect, test } from 'vitest';
import { accountOf, emptyAccount, isFilled } from './account-form.ts';

const filled = () => ({ ...emptyAccount(), number: ' A1 ', customerName: 'One' });

test('terms that nobody typed are not sent, so that who may not grant them opens accounts all the same', () => {
  const form = filled();
  expect(isFilled(form)).toBe(true);
  expect(accountOf(form, ['s'])).toEqual({
    accountId: form.accountId,
    number: 'A1',
    customerName: 'One',
    stallIds: ['s'],
  });
});

test('a deposit of nothing is one; a credit limit of nothing is none; what is no amount is not sent at all', () => {
  const form = { ...filled(), deposit: '0', creditLimit: '0', mode: 'postpaid' as const };
  expect(accountOf(form, [])).toMatchObject({ depositFen: 0, mode: 'postpaid' });
  expect(accountOf(form, [])).not.toHaveProperty('creditLimitFen');
  expect(accountOf({ ...form, creditLimit: '12.5' }, [])).toMatchObject({ creditLimitFen: 1_250 });
  expect(isFilled({ ...form, deposit: 'much' })).toBe(false);
});
