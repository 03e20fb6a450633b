import type { SetUp } from '@openprepay/contract';

export const STEPS = ['market', 'building', 'stalls', 'meter', 'price', 'account', 'topUp', 'supply'] as const;
export type StepName = (typeof STEPS)[number];

export interface Step {
  readonly name: StepName;
  /** Exactly one is next, until all are done. */
  readonly state: 'done' | 'next' | 'later';
}

/** A market that has more accounts than this is past its first. */
const FIRST_FEW = 3;

/** Where a market stands, by what there is of it; null: there is no market yet. */
export function stepsOf(setUp: SetUp | null): Step[] {
  const done: Readonly<Record<StepName, boolean>> = {
    market: setUp !== null,
    building: setUp !== null && setUp.buildings > 0,
    stalls: setUp !== null && setUp.stalls > 0,
    meter: setUp !== null && setUp.metersRead > 0,
    price: setUp !== null && setUp.meters > 0 && setUp.withoutPrice.length === 0,
    account: setUp !== null && setUp.accounts > 0,
    topUp: setUp !== null && setUp.topUps > 0,
    supply: setUp !== null && setUp.topUps > 0 && setUp.suppliedStallId !== null,
  };
  const next = STEPS.find((name) => !done[name]);
  return STEPS.map((name) => ({ name, state: done[name] ? 'done' : name === next ? 'next' : 'later' }));
}

export const isSetUp = (setUp: SetUp): boolean =>
  setUp.accounts > FIRST_FEW || stepsOf(setUp).every(({ state }) => state === 'done');
