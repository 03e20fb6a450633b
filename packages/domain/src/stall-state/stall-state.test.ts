import { fen } from '@openprepay/kernel';
import { expect, test } from 'vitest';
import { type StallFacts, type StallMeterFacts, stallState } from './index.ts';

const meter: StallMeterFacts = {
  override: 'auto',
  cutForBalance: false,
  online: true,
  hasOpenHold: false,
  hasOpenException: false,
};
const normal: StallFacts = { meters: [meter, meter], account: { availableFen: fen(2_001) }, lowBalanceFen: fen(2_000) };

/** Each state by the one fact that makes it, most urgent first. */
const STATES: readonly (readonly [
  state: string,
  change: { meter?: Partial<StallMeterFacts>; stall?: Partial<StallFacts> },
])[] = [
  ['exception', { meter: { hasOpenException: true } }],
  ['forced_off', { meter: { override: 'forced_off' } }],
  ['arrears_cut', { meter: { cutForBalance: true } }],
  ['hold', { meter: { hasOpenHold: true } }],
  ['offline', { meter: { online: false } }],
  ['forced_on', { meter: { override: 'forced_on' } }],
  ['no_account', { stall: { account: null } }],
  ['low_balance', { stall: { account: { availableFen: fen(2_000) } } }],
];

test.each(STATES)('%s on one of its meters, or of its account, makes the stall so', (state, change) => {
  const facts = { ...normal, meters: [meter, { ...meter, ...change.meter }], ...change.stall };
  expect(stallState(facts)).toBe(state);
});

test('of several, the most urgent shows', () => {
  for (let from = 0; from < STATES.length; from++) {
    const rest = STATES.slice(from).map(([, change]) => change);
    // One meter each, so that no fact hides another's.
    const meters = [meter, ...rest.map((change) => ({ ...meter, ...change.meter }))];
    const facts = { ...normal, meters, ...rest.find((change) => change.stall)?.stall };
    expect(stallState(facts)).toBe(STATES[from]?.[0]);
  }
});

test('a stall without meters, and a postpaid account whatever its balance, are normal', () => {
  expect(stallState({ ...normal, meters: [] })).toBe('normal');
  expect(stallState({ ...normal, account: { availableFen: null } })).toBe('normal');
});
