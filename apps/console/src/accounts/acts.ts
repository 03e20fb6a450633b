import type { AccountCard, StallDetail } from '@openprepay/contract';

export type AccountAct =
  | 'topUp'
  | 'refund'
  | 'deposit'
  | 'agreedDeposit'
  | 'openPrepared'
  | 'transfer'
  | 'close'
  | 'credit'
  | 'emergency'
  | 'take'
  | 'mode'
  | 'plans'
  | 'debt';

export interface Rights {
  /** Takes and gives money. */
  readonly sell: boolean;
  /** Asks a second person, as a refund must. */
  readonly ask: boolean;
  /** Opens, hands over and closes. */
  readonly open: boolean;
  /** Sets credit, plans, mode and debts. */
  readonly rule: boolean;
}

type Facts = Pick<
  AccountCard,
  'state' | 'mode' | 'purses' | 'stalls' | 'depositFen' | 'emergencyLimitFen' | 'emergencyTakenAt'
>;

/** What can be done with an account now, the first thing first. */
export function actsOf(account: Facts, { sell, ask, open, rule }: Rights): AccountAct[] {
  const { state, mode, purses, stalls, depositFen, emergencyLimitFen, emergencyTakenAt } = account;
  // Of an account that is being closed the deposit is set off already.
  const isOwing = purses.deposit < depositFen && (state === 'prepared' || stalls.length > 0);
  const holdsMoney = Object.values(purses).some((balanceFen) => balanceFen !== 0);
  const acts: readonly (readonly [AccountAct, boolean])[] = [
    ['openPrepared', open && state === 'prepared'],
    ['deposit', sell && state !== 'closed' && isOwing],
    ['topUp', sell && state === 'open'],
    ['refund', sell && ask && state === 'open' && purses.utility > 0],
    ['transfer', open && state === 'open' && stalls.length > 0],
    ['take', open && state === 'open' && mode === 'prepaid' && emergencyLimitFen > 0 && emergencyTakenAt === null],
    ['agreedDeposit', rule && state === 'open'],
    ['credit', rule && state === 'open'],
    ['emergency', rule && state === 'open' && mode === 'prepaid'],
    ['plans', rule && state === 'open'],
    ['mode', rule && state === 'open'],
    ['debt', rule && state === 'open' && purses.utility < 0],
    // A closed account into which something was posted is closed once more.
    ['close', open && (state !== 'closed' || holdsMoney)],
  ];
  return acts.flatMap(([act, isPossible]) => (isPossible ? [act] : []));
}

type CounterAccount = NonNullable<StallDetail['account']>;

/** The account as the dialogs of the counter take it: no stall stands behind it. */
export function forCounter(
  card: AccountCard,
): Pick<StallDetail, 'code' | 'meters'> & { readonly account: CounterAccount } {
  const { accountId, number, customerName, phone, state, mode, creditLimitFen, purses } = card;
  const kinds = ['utility', 'fees', 'deposit', 'debt'] as const;
  return {
    code: number,
    meters: [],
    account: {
      accountId,
      number,
      customerName,
      phone,
      state,
      mode,
      creditLimitFen,
      purses: kinds.map((kind) => ({ kind, balanceFen: purses[kind] })),
      // The dialogs say nothing of what is estimated.
      provisionalFen: 0,
    },
  };
}
