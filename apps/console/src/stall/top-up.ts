import type { MeterDetail, StallDetail } from '@openprepay/contract';
import { fen, parseYuan } from '@openprepay/kernel';
import { isUnderWay } from './command-steps.ts';

/** The contract's bounds of one counter sale. */
export const MAX_TOP_UP_FEN = 100_000_000;
export const QUICK_AMOUNTS_YUAN = ['50', '100', '200', '500', '1000'] as const;

export type AmountProblem = 'empty' | 'not_a_number' | 'too_many_decimals' | 'not_positive' | 'too_large';
export type Amount = { readonly amountFen: number; readonly problem: null } | { readonly problem: AmountProblem };

/** Yuan as a cashier types them, full-width digits and grouping commas too, into whole fen; never through a float. */
export function readAmount(typed: string): Amount {
  const text = typed
    .normalize('NFKC')
    .replace(/。/g, '.')
    .replace(/[\s,¥]/g, '');
  if (text === '') return { problem: 'empty' };
  if (!/^[+-]?\d+(\.\d*)?$/.test(text)) return { problem: 'not_a_number' };
  if (/\.\d{3,}$/.test(text)) return { problem: 'too_many_decimals' };
  if (!/^[+-]?0*\d{1,12}(\.|$)/.test(text)) return { problem: 'too_large' };
  const amount = parseYuan(text.replace(/\.$/, '').replace(/^([+-]?)0+(?=\d)/, '$1'));
  if (amount <= 0n) return { problem: 'not_positive' };
  if (amount > fen(MAX_TOP_UP_FEN)) return { problem: 'too_large' };
  return { amountFen: Number(amount), problem: null };
}

/** As readAmount, of what lies in a drawer: an empty one is said by nothing or by zero. */
export function readFloat(typed: string): Amount {
  const read = readAmount(typed);
  const isNothing = read.problem === 'empty' || (read.problem === 'not_positive' && !typed.includes('-'));
  return isNothing ? { amountFen: 0, problem: null } : read;
}

type Account = NonNullable<StallDetail['account']>;

export const utilityBalanceFen = (account: Account): number =>
  account.purses.find((purse) => purse.kind === 'utility')?.balanceFen ?? 0;

/** What is left of an old debt. */
export const owedFen = (account: Account): number =>
  Math.max(-(account.purses.find((purse) => purse.kind === 'debt')?.balanceFen ?? 0), 0);

/** What came of a sale. */
export interface Sold {
  readonly amountFen: number;
  readonly balanceFen: number;
  /** What of it repaid an old debt. */
  readonly debtFen: number;
  readonly repeated: boolean;
}

export type NextStep =
  | { readonly name: 'waits_for_wake'; readonly at: string }
  | {
      readonly name:
        | 'already_on'
        | 'restoring'
        | 'waits_for_wake_unknown'
        | 'waits_for_contact'
        | 'forced_off'
        | 'still_in_arrears'
        | 'fault';
    };

export type SupplyFacts = Pick<
  MeterDetail,
  'link' | 'online' | 'override' | 'switchState' | 'wanted' | 'wantedReason' | 'wakeExpectedAt' | 'commands'
>;

/** What happens to a meter's supply now that the account has this much to use, as far as the console can know. */
export function nextStep(meter: SupplyFacts, availableFen: number): NextStep {
  if (meter.override === 'forced_off') return { name: 'forced_off' };
  if (meter.switchState === 'fault') return { name: 'fault' };
  if (meter.switchState === 'on' && meter.wanted !== 'off') return { name: 'already_on' };
  const belowMinimum = meter.wantedReason === 'below_restore_minimum';
  if (meter.wanted !== 'on' && (availableFen <= 0 || belowMinimum)) return { name: 'still_in_arrears' };
  if (meter.link === 'nb') {
    const at = meter.commands.find(isUnderWay)?.expectedAt ?? meter.wakeExpectedAt;
    return at === null ? { name: 'waits_for_wake_unknown' } : { name: 'waits_for_wake', at };
  }
  return { name: meter.online ? 'restoring' : 'waits_for_contact' };
}
