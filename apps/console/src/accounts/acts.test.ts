import { expect, test } from 'vitest';
import { actsOf } from './acts.ts';

const purses = { utility: 0, fees: 0, deposit: 0, debt: 0 };
const stall = { stallId: 's', code: 'S', building: 'B', meters: [] };
const open: Parameters<typeof actsOf>[0] = {
  state: 'open',
  mode: 'prepaid',
  purses,
  stalls: [stall],
  depositFen: 0,
  emergencyLimitFen: 0,
  emergencyTakenAt: null,
};
const all = { sell: true, ask: true, open: true, rule: true };
const none = { sell: false, ask: false, open: false, rule: false };

test('a person sees what his role may do with the account, and what its state allows', () => {
  expect(actsOf(open, { ...all, rule: false })).toEqual(['topUp', 'transfer', 'close']);
  expect(actsOf(open, { ...none, rule: true })).toEqual(['agreedDeposit', 'credit', 'emergency', 'plans', 'mode']);
  expect(actsOf(open, none)).toEqual([]);
  expect(actsOf({ ...open, state: 'prepared' }, all)).toEqual(['openPrepared', 'close']);
});

test('what needs money, a stall or a grant is offered only with it', () => {
  const { sell, ask, rule } = all;
  expect(actsOf({ ...open, purses: { ...purses, utility: 1 } }, { ...none, sell, ask })).toContain('refund');
  expect(actsOf({ ...open, purses: { ...purses, utility: -1 } }, { ...none, rule })).toContain('debt');
  expect(actsOf({ ...open, stalls: [] }, all)).not.toContain('transfer');
  expect(actsOf({ ...open, emergencyLimitFen: 1 }, all)).toContain('take');
  expect(actsOf({ ...open, emergencyLimitFen: 1, emergencyTakenAt: '2026-03-02T00:00:00Z' }, all)).not.toContain(
    'take',
  );
  expect(actsOf({ ...open, emergencyLimitFen: 1, mode: 'postpaid' }, all)).not.toContain('take');
});

test('a deposit is asked for until it is laid down, before the account opens too, and not once it is set off', () => {
  const agreed = { ...open, depositFen: 500 };
  expect(actsOf(agreed, all)[0]).toBe('deposit');
  expect(actsOf({ ...agreed, state: 'prepared' }, all)).toEqual(['openPrepared', 'deposit', 'close']);
  expect(actsOf({ ...agreed, purses: { ...purses, deposit: 500 } }, all)).not.toContain('deposit');
  expect(actsOf({ ...agreed, stalls: [] }, all)).not.toContain('deposit');
  expect(actsOf(agreed, { ...all, sell: false })).not.toContain('deposit');
});

test('a closed account has nothing left to do, unless money was posted to it', () => {
  expect(actsOf({ ...open, state: 'closed' }, all)).toEqual([]);
  expect(actsOf({ ...open, state: 'closed', purses: { ...purses, utility: 5 } }, all)).toEqual(['close']);
});
