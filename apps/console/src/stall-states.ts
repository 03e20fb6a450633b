import type { StallState } from '@openprepay/contract';

/** In the contract's order, most urgent first; a test holds the two together. */
export const STALL_STATES = [
  'exception',
  'forced_off',
  'arrears_cut',
  'hold',
  'offline',
  'forced_on',
  'no_account',
  'low_balance',
  'normal',
] as const satisfies readonly StallState[];
