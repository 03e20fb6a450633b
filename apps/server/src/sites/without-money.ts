import type { Grid, StallDetail } from '@openprepay/contract';

/** A grid for one whose business money is not: supply, meters and use as they are. */
export const gridWithoutMoney = (grid: Grid): Grid => ({
  ...grid,
  summary: { ...grid.summary, todayChargedFen: null, todayToppedUpFen: null },
  stalls: grid.stalls.map((cell) => ({ ...cell, balanceFen: null })),
});

/** A stall for one whose business money is not: who has it, and whether his account is open. */
export const stallWithoutMoney = ({ account, ...stall }: StallDetail): StallDetail => ({
  ...stall,
  account: account && { ...account, creditLimitFen: null, purses: [], provisionalFen: null },
  ledger: [],
  notices: [],
});
