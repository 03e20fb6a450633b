import { TopUpRequest } from '@openprepay/contract';
import { fen, formatYuan } from '@openprepay/kernel';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { MAX_TOP_UP_FEN, nextStep, QUICK_AMOUNTS_YUAN, readAmount, readFloat, type SupplyFacts } from './top-up.ts';

const amountOf = (typed: string) => {
  const amount = readAmount(typed);
  return amount.problem ?? amount.amountFen;
};

test('yuan become fen exactly', () => {
  expect(amountOf('300')).toBe(30_000);
  expect(amountOf('0.07')).toBe(7);
  expect(amountOf('1.1')).toBe(110);
  expect(amountOf('007.50')).toBe(750);
  fc.assert(
    fc.property(fc.integer({ min: 1, max: MAX_TOP_UP_FEN }), (amountFen) => {
      expect(amountOf(formatYuan(fen(amountFen)))).toBe(amountFen);
    }),
  );
});

test('amounts are read as a hurried hand writes them', () => {
  for (const typed of ['1,234.50', ' 1234.5 ', '１２３４．５', '¥1234.50', '￥1，234.5', '1234。50', '+1234.5']) {
    expect(amountOf(typed)).toBe(123_450);
  }
  expect(amountOf('20.')).toBe(2_000);
});

test('an amount that is none has its own reason', () => {
  expect(amountOf('')).toBe('empty');
  expect(amountOf('  ')).toBe('empty');
  for (const typed of ['abc', '1e3', '1.2.3', '.', '十元', '0x10', '--1']) expect(amountOf(typed)).toBe('not_a_number');
  expect(amountOf('1.005')).toBe('too_many_decimals');
  for (const typed of ['0', '0.00', '-5']) expect(amountOf(typed)).toBe('not_positive');
  for (const typed of ['1000000.01', '9'.repeat(40)]) expect(amountOf(typed)).toBe('too_large');
  expect(amountOf('1000000')).toBe(MAX_TOP_UP_FEN);
});

test('whatever is typed is an amount within the bounds or has a reason', () => {
  fc.assert(
    fc.property(fc.string(), (typed) => {
      const amount = readAmount(typed);
      if (amount.problem !== null) return;
      expect(Number.isInteger(amount.amountFen) && amount.amountFen > 0 && amount.amountFen <= MAX_TOP_UP_FEN).toBe(
        true,
      );
    }),
  );
});

test('the bounds are the contract’s, and every quick amount lies within them', () => {
  expect(TopUpRequest.properties.amountFen).toMatchObject({ minimum: 1, maximum: MAX_TOP_UP_FEN });
  for (const yuan of QUICK_AMOUNTS_YUAN) expect(readAmount(yuan).problem).toBe(null);
});

test('after a top-up every meter says what happens to its supply', () => {
  const cut: SupplyFacts = {
    link: 'acrel4g',
    online: true,
    override: 'auto',
    switchState: 'off',
    wanted: 'on',
    wantedReason: 'balance_available',
    wakeExpectedAt: null,
    commands: [],
  };
  const at = '2026-03-02T00:30:00Z';
  expect(nextStep(cut, 100)).toEqual({ name: 'restoring' });
  expect(nextStep({ ...cut, wanted: 'off', wantedReason: 'balance_used_up' }, 100)).toEqual({ name: 'restoring' });
  expect(nextStep({ ...cut, wanted: 'off', wantedReason: 'balance_used_up' }, 0)).toEqual({ name: 'still_in_arrears' });
  expect(nextStep({ ...cut, wanted: 'off', wantedReason: 'below_restore_minimum' }, 5)).toEqual({
    name: 'still_in_arrears',
  });
  expect(nextStep({ ...cut, online: false }, 100)).toEqual({ name: 'waits_for_contact' });
  expect(nextStep({ ...cut, link: 'nb' }, 100)).toEqual({ name: 'waits_for_wake_unknown' });
  expect(nextStep({ ...cut, link: 'nb', online: false, wakeExpectedAt: at }, 100)).toEqual({
    name: 'waits_for_wake',
    at,
  });
  expect(nextStep({ ...cut, override: 'forced_off', wanted: 'off' }, 100)).toEqual({ name: 'forced_off' });
  expect(nextStep({ ...cut, switchState: 'fault' }, 100)).toEqual({ name: 'fault' });
  expect(nextStep({ ...cut, switchState: 'on' }, 100)).toEqual({ name: 'already_on' });
  expect(nextStep({ ...cut, switchState: 'on', wanted: null }, 100)).toEqual({ name: 'already_on' });
});

test('an empty drawer is nothing or zero, and never less', () => {
  for (const typed of ['', ' ', '0', '0.00']) expect(readFloat(typed)).toEqual({ amountFen: 0, problem: null });
  expect(readFloat('300')).toEqual({ amountFen: 30_000, problem: null });
  expect(readFloat('-1')).toEqual({ problem: 'not_positive' });
  expect(readFloat('x')).toEqual({ problem: 'not_a_number' });
});
