import { businessDay } from '@openprepay/kernel';
import type { PriceRule } from './rule.ts';

/** The billing period of a price without steps: it has nothing that would have to begin anew. */
export const WHOLE_TENURE = 'tenure';

/**
 * The billing period that use at an instant belongs to: `2026-03` or `2026` where steps begin anew each month or year
 * of the market's zone, else `tenure`, the unbroken time that one account has one meter. Where a new version counts in
 * another period, a new one begins with it.
 */
export function billingPeriodOf(rule: PriceRule, at: Date, zone: string): string {
  if (rule.kind === 'flat' || rule.kind === 'tou') return WHOLE_TENURE;
  return businessDay(at, zone).slice(0, rule.period === 'month' ? 'YYYY-MM'.length : 'YYYY'.length);
}
