import type { AccountCard } from '@openprepay/contract';
import { text } from '../locales/index.ts';

const MOVEMENTS = [
  'top_up',
  'charge',
  'opening_balance',
  'correction',
  'reversal',
  'refund',
  'provisional',
  'deposit',
  'closing',
  'debt',
] as const;

type Kind = AccountCard['plans'][number]['kind'];

/** What an account without a plan of its own is priced by. */
export function defaultPlan({ plans }: AccountCard, kind: Kind): string {
  const plan = plans.find((one) => one.kind === kind && one.marketDefault);
  return plan ? text('accounts.defaultPlan', { name: plan.name }) : text('accounts.noPlan');
}

export function planName(account: AccountCard, kind: Kind): string {
  const planId = kind === 'electricity' ? account.electricityPlanId : account.waterPlanId;
  return account.plans.find((one) => one.planId === planId)?.name ?? defaultPlan(account, kind);
}

/** What moved money, by the kind of transaction. */
export const movementName = (kind: string): string => {
  const known = MOVEMENTS.find((one) => one === kind);
  return known ? text(`ledger.${known}`) : kind;
};
