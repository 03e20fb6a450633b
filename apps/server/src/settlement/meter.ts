import { chargeReadings, type MeterValue, newBilling } from '@openprepay/domain';
import { assert } from '@openprepay/kernel';
import { parseInt8Array } from '../platform/database.ts';
import type { PriceBook } from '../prices/index.ts';
import { settlementError } from './errors.ts';
import type { Cursor, MeterCharge, Span } from './types.ts';

export interface MeterSettlement {
  readonly charges: readonly MeterCharge[];
  readonly cursor: Cursor;
}

/** At most this many readings of a span are settled at once; how a period is cut changes no total. */
export const MAX_READINGS = 100;

/**
 * Settles one meter through the spans that follow its cursor, oldest first: what is left of the account that had it,
 * then, where it was handed over, the next account from its own first reading. Use between the last reading of one and
 * the first of the next is nobody's. A span whose readings are not all here keeps the ones after it waiting. A meter that
 * took another's place begins with that one's billing period: nothing is ever subtracted across two devices.
 * @param zone of the market
 * @throws settlement.no_plan, pricing.no_version, pricing.no_tariff_price
 */
export function settleMeter(cursor: Cursor, spans: readonly Span[], book: PriceBook, zone: string): MeterSettlement {
  const charges: MeterCharge[] = [];
  let at = cursor;
  for (const span of spans) {
    const values = valuesOf(span);
    const [first] = values;
    if (first === undefined) continue;
    if (isSpanOf(at, span)) {
      const same = first.readAt.getTime() === at.settledAt.getTime() && first.total === at.settledValue;
      assert(same, 'settlement goes on from the settled reading', { meterId: span.meterId, first, at });
    } else {
      if (first.readAt < at.settledAt) break;
      at = openAt(span, first);
    }
    const plan = book.planFor(span.kind, span.planId);
    if (plan === null) throw settlementError('settlement.no_plan', `no ${span.kind} price for this account`);
    for (const charge of chargeReadings(at.billing, values, plan.versions, zone)) {
      const { meterId, kind, accountId, stallId } = span;
      charges.push({ ...charge, meterId, kind, accountId, stallId });
      at = { ...at, settledAt: charge.to.readAt, settledValue: charge.to.total, billing: charge.after };
    }
    if (isCutShort(span)) break;
  }
  return { charges, cursor: at };
}

/** Whether there may be more readings in the span than are here. */
export const isCutShort = (span: Span): boolean => span.readAts.length >= MAX_READINGS;

const isSpanOf = (cursor: Cursor, span: Span): boolean =>
  span.accountId === cursor.accountId &&
  span.fromAt <= cursor.openedAt &&
  (span.toAt === null || cursor.openedAt < span.toAt);

const openAt = (span: Span, first: MeterValue): Cursor => ({
  accountId: span.accountId,
  openedAt: first.readAt,
  settledAt: first.readAt,
  settledValue: first.total,
  billing: span.carried ?? newBilling(first),
});

function valuesOf(span: Span): MeterValue[] {
  return span.readAts.flatMap((readAt, index) => {
    const total = span.totals[index];
    return total === undefined ? [] : [{ readAt, total, tariffs: registersOf(span.tariffs[index] ?? null) }];
  });
}

const registersOf = (text: string | null) => (text === null ? null : parseInt8Array(text));
