import type { Fen } from '@openprepay/kernel';

/** What a cell of the stall grid shows, most urgent first; the order is the order of precedence. */
export type StallState =
  | 'exception'
  | 'forced_off'
  | 'arrears_cut'
  | 'hold'
  | 'offline'
  | 'forced_on'
  | 'no_account'
  | 'low_balance'
  | 'normal';

export interface StallMeterFacts {
  readonly override: 'auto' | 'forced_on' | 'forced_off';
  /** Supply is wanted off because the balance is used up. */
  readonly cutForBalance: boolean;
  readonly online: boolean;
  readonly hasOpenHold: boolean;
  readonly hasOpenException: boolean;
}

export interface StallFacts {
  readonly meters: readonly StallMeterFacts[];
  /** Null where no open account has the stall; `availableFen` null where nothing runs out (postpaid). */
  readonly account: { readonly availableFen: Fen | null } | null;
  readonly lowBalanceFen: Fen;
}

/** The one state of a stall that a person should see first. */
export function stallState({ meters, account, lowBalanceFen }: StallFacts): StallState {
  if (meters.some((meter) => meter.hasOpenException)) return 'exception';
  if (meters.some((meter) => meter.override === 'forced_off')) return 'forced_off';
  if (meters.some((meter) => meter.cutForBalance)) return 'arrears_cut';
  if (meters.some((meter) => meter.hasOpenHold)) return 'hold';
  if (meters.some((meter) => !meter.online)) return 'offline';
  if (meters.some((meter) => meter.override === 'forced_on')) return 'forced_on';
  if (account === null) return 'no_account';
  if (account.availableFen !== null && account.availableFen <= lowBalanceFen) return 'low_balance';
  return 'normal';
}
