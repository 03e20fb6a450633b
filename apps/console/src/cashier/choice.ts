import type { Customer } from '@openprepay/contract';

/** The customer that was meant without a doubt: the only one found, or the only one whose stall or number fits whole. */
export function surelyMeant(found: readonly Customer[]): Customer | null {
  const exact = found.filter((customer) => customer.exact);
  if (exact.length === 1) return exact[0] ?? null;
  return found.length === 1 ? (found[0] ?? null) : null;
}
