import { chargeProvisionally, lastValidDays, PROVISIONAL_LOOKS_BACK_DAYS, type ValidDay } from '@openprepay/domain';
import { assert, type Fen, type MeterKind, negateFen, OpenPrepayError, uuidV7 } from '@openprepay/kernel';
import { type LedgerTransaction, post } from '../ledger/index.ts';
import type { Context } from '../platform/context.ts';
import type { Tx } from '../platform/database.ts';
import { type PriceBook, priceBook } from '../prices/index.ts';
import { settlementError } from './errors.ts';
import { lastEnds, limitsOf } from './limits.ts';
import {
  closeProvisionals,
  dayEnds,
  insertProvisionals,
  openProvisionals,
  provisionalAfterS,
  type Silence,
  type SilentMeter,
  type StoredProvisional,
  silentMeters,
} from './provisional-store.ts';
import { dueMeters, type Limits } from './spans.ts';
import { BEFORE_ALL, lockCursors } from './store.ts';
import type { Settled, Skipped } from './types.ts';

const MAX_METERS = 500;

/**
 * Charges every meter of a market that was without data for longer than the market allows by the average of its last valid days, up
 * to its building's last cut-off; where each reading is settled as it comes, up to the last midnight. A hold that
 * keeps a meter from being settled is no data. The cursor does not move: the true readings are charged as ever when they come, and
 * take this back. Run again, or by two workers at once, it changes nothing twice. A meter of which no valid day is
 * known is not charged, and named.
 */
export async function chargeSilentMeters(ctx: Context, marketId: string): Promise<Settled> {
  const afterS = await provisionalAfterS(ctx.db, marketId);
  const limits = afterS === null ? null : await limitsOf(ctx.db, marketId, ctx.clock.now());
  if (afterS === null || limits === null) return { charges: 0, skipped: [] };
  const silence: Silence = { marketId, afterS, cutOffs: await lastEnds(ctx.db, limits) };
  const book = await priceBook(ctx.db, marketId);
  const skipped: Skipped[] = [];
  let charges = 0;
  let silent = await silentMeters(ctx.db, silence, null, BEFORE_ALL, MAX_METERS);
  while (silent.length > 0) {
    const batch = await chargeBatch(ctx, limits, silence, book, silent);
    charges += batch.charges;
    skipped.push(...batch.skipped);
    const last = silent.at(-1)?.meterId ?? '';
    silent = silent.length < MAX_METERS ? [] : await silentMeters(ctx.db, silence, null, last, MAX_METERS);
  }
  return { charges, skipped };
}

async function chargeBatch(
  ctx: Context,
  limits: Limits,
  silence: Silence,
  book: PriceBook,
  seen: readonly SilentMeter[],
): Promise<Settled> {
  const { marketId, now, timeZone } = limits;
  const meterIds = seen.map(({ meterId }) => meterId);
  return ctx.db.tx(async (tx) => {
    // What was seen before is asked again under the locks: readings may have come, and another worker may have been here.
    await lockCursors(tx, marketId, meterIds);
    const due = new Set((await dueMeters(tx, limits, meterIds)).map(({ meterId }) => meterId));
    const silent = await silentMeters(tx, silence, meterIds, BEFORE_ALL, MAX_METERS);
    const withoutData = silent.filter(({ meterId }) => !due.has(meterId));
    const ends = await dayEnds(tx, marketId, timeZone, withoutData, PROVISIONAL_LOOKS_BACK_DAYS + 1);
    const entries: StoredProvisional[] = [];
    const skipped: Skipped[] = [];
    for (const meter of withoutData) {
      try {
        const days = lastValidDays(ends.get(meter.meterId) ?? []);
        entries.push(entryOf(meter, days, book, limits));
      } catch (error) {
        if (!(error instanceof OpenPrepayError)) throw error;
        skipped.push({ meterId: meter.meterId, code: error.code, message: error.message });
      }
    }
    if (entries.length > 0) {
      const transactions = entries.flatMap((one) => (one.txId === null ? [] : [transactionOf(one, one.txId, now)]));
      const posted = await post(tx, marketId, transactions);
      assert(!posted.some(({ repeated }) => repeated), 'a time without data is charged once');
      await insertProvisionals(tx, marketId, now, entries);
    }
    return { charges: entries.length, skipped };
  });
}

function entryOf(
  meter: SilentMeter,
  days: readonly ValidDay[],
  book: PriceBook,
  { timeZone, now }: Limits,
): StoredProvisional {
  if (days.length === 0) throw settlementError('settlement.no_valid_day', 'no valid day to take an average of');
  const plan = book.planFor(meter.kind, meter.planId);
  if (plan === null) throw settlementError('settlement.no_plan', `no ${meter.kind} price for this account`);
  const charge = chargeProvisionally({ ...meter, days }, meter.cutOff, plan.versions, timeZone);
  const provisionalId = uuidV7(now);
  return { ...charge, provisionalId, meter, days, txId: charge.amountFen === 0n ? null : provisionalId };
}

const transactionOf = (
  { meter, from, to, amountFen }: StoredProvisional,
  txId: string,
  now: Date,
): LedgerTransaction => ({
  txId,
  idempotencyKey: `provisional:${meter.meterId}:${meter.settledAt.toISOString()}:${from.readAt.toISOString()}`,
  businessAt: to.readAt,
  ...linesOf(meter, amountFen, now),
});

const linesOf = (
  { accountId, kind }: { readonly accountId: string; readonly kind: MeterKind },
  amountFen: Fen,
  now: Date,
) => ({
  kind: 'provisional' as const,
  recordedAt: now,
  operatorId: null,
  memo: null,
  lines: [
    { ledgerAccount: 'purse.utility' as const, accountId, amountFen: negateFen(amountFen) },
    { ledgerAccount: `revenue.${kind}` as const, accountId: null, amountFen },
  ],
});

/**
 * Ends all that is open of meters that are settled further, under the locks of their cursors.
 * @returns what takes it back, one entry a meter, to be posted with the true charges
 */
export async function takeBack(
  tx: Tx,
  marketId: string,
  now: Date,
  meterIds: readonly string[],
): Promise<{ readonly transactions: LedgerTransaction[]; close(): Promise<void> }> {
  const open = meterIds.length === 0 ? [] : await openProvisionals(tx, marketId, meterIds);
  const replaced = open.map((one) => ({ ...one, txId: one.amountFen === 0n ? null : uuidV7(now) }));
  const transactions = replaced.flatMap((one): LedgerTransaction[] => {
    if (one.txId === null) return [];
    const idempotencyKey = `provisional-replaced:${one.meterId}:${one.settledAt.toISOString()}`;
    return [{ txId: one.txId, idempotencyKey, businessAt: now, ...linesOf(one, negateFen(one.amountFen), now) }];
  });
  return {
    transactions,
    async close() {
      if (replaced.length > 0) await closeProvisionals(tx, marketId, now, replaced);
    },
  };
}
