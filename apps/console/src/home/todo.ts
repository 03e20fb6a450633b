import type { Overview } from '@openprepay/contract';
import type { RouteLocationRaw } from 'vue-router';
import type { IconName } from '../ui/icons.ts';

export type TodoName = keyof Overview['waiting'] | 'lowBalances';

export interface Todo {
  readonly name: TodoName;
  readonly icon: IconName;
  readonly count: number;
  readonly to: RouteLocationRaw;
}

/** In the order in which a day's work is best done: what keeps tenants waiting first. */
const ENTRIES = [
  { name: 'exceptions', icon: 'exception', to: { name: 'exceptions' } },
  { name: 'approvals', icon: 'check', to: { name: 'approvals' } },
  { name: 'holds', icon: 'hold', to: { name: 'holds' } },
  { name: 'lowBalances', icon: 'low_balance', to: { name: 'stalls', query: { state: 'low_balance' } } },
  { name: 'lostContact', icon: 'offline', to: { name: 'collector-lost' } },
  { name: 'unclaimed', icon: 'unclaimed', to: { name: 'unclaimed' } },
  { name: 'provisional', icon: 'estimated', to: { name: 'accounts', query: { provisional: 'true' } } },
  { name: 'oldShifts', icon: 'clock', to: { name: 'shifts', query: { state: 'open' } } },
] as const satisfies readonly Omit<Todo, 'count'>[];

/** What waits, with its number; nothing that does not. */
export function todosOf(waiting: Overview['waiting'], lowBalances: number): Todo[] {
  const counts: Readonly<Record<TodoName, number | null>> = { ...waiting, lowBalances };
  return ENTRIES.map((entry) => ({ ...entry, count: counts[entry.name] ?? 0 })).filter(({ count }) => count > 0);
}
