import { assert, negateFen, OpenPrepayError, uuidV7 } from '@openprepay/kernel';
import { type LedgerTransaction, post } from '../ledger/index.ts';
import type { Context } from '../platform/context.ts';
import type { Tx } from '../platform/database.ts';
import { type PriceBook, priceBook } from '../prices/index.ts';
import { limitsOf } from './limits.ts';
import { isCutShort, settleMeter } from './meter.ts';
import { takeBack } from './provisional.ts';
import { type DueMeter, dueMeters, type Limits, openCursors, readSpans } from './spans.ts';
import {
  type FreshMeter,
  freshMeters,
  insertCharges,
  lockCursors,
  lockUnopened,
  moveCursors,
  predecessors,
  type StoredCharge,
  successors,
} from './store.ts';
import type { Cursor, Settled, Skipped } from './types.ts';

const MAX_METERS = 1_000;
/** So many batches are under way at once: while PostgreSQL writes two, the third is priced. */
const LANES = 3;
/** Beyond it the rest of a batch waits for the next one. */
const MAX_CHARGES = 5_000;

/**
 * Settles every meter of a market up to its last good reading that may be settled now, at most 1,000 meters a commit and three
 * commits at once.
 * Run again, or by two workers at once, it changes nothing twice. A meter that cannot be settled is skipped and named;
 * it stops no other.
 */
export async function settleMarket(ctx: Context, marketId: string): Promise<Settled> {
  const limits = await limitsOf(ctx.db, marketId, ctx.clock.now());
  if (limits === null) return { charges: 0, skipped: [] };
  const book = await priceBook(ctx.db, marketId);
  const all: Settled[] = [];
  const fresh = await freshMeters(ctx.db, marketId);
  await inLanes(async () => {
    const batch = fresh.splice(0, MAX_METERS);
    if (batch.length > 0) all.push(...(await settleChains(ctx, limits, book, batch)));
    return fresh.length > 0;
  });
  return {
    charges: all.reduce((sum, batch) => sum + batch.charges, 0),
    // A meter that waits for another is tried again after it.
    skipped: [...new Map(all.flatMap((batch) => batch.skipped).map((one) => [one.meterId, one])).values()],
  };
}

/**
 * Settles these meters now, in the caller's transaction, whatever their building's period: up to the last good reading of
 * each, a hold apart. Their cursors stay locked until it ends: nothing of them is charged beside it.
 * @param meterIds their states are locked; where one took another's place in the account's time, both
 * @throws settlement.no_plan, pricing.no_version, pricing.no_tariff_price: what cannot be priced cannot be handed over either
 */
export async function settleMeters(tx: Tx, now: Date, marketId: string, meterIds: readonly string[]): Promise<void> {
  const ofMarket = await limitsOf(tx, marketId, now);
  assert(ofMarket, 'who settles a meter has its market', { marketId });
  const limits: Limits = { ...ofMarket, cutOffs: [] };
  const book = await priceBook(tx, marketId);
  await lockCursors(tx, marketId, meterIds);
  let due = await dueMeters(tx, limits, meterIds);
  while (due.length > 0) {
    const { skipped, charges } = await settleBatch(tx, limits, book, due);
    const [refused] = skipped;
    if (refused) throw new OpenPrepayError(refused.code, 409, refused.message, { meterId: refused.meterId });
    // Nothing was charged, so nothing further can be: only a cursor was opened, or another one is waited for.
    if (charges === 0) break;
    due = await dueMeters(tx, limits, meterIds);
  }
}

/** Does work again and again in every lane until it says that there is no more; after an error no lane begins anew. */
async function inLanes(work: () => Promise<boolean>): Promise<void> {
  let failed = false;
  const lane = async () => {
    try {
      while (!failed && (await work())) {}
    } catch (error) {
      failed = true;
      throw error;
    }
  };
  const ended = await Promise.allSettled(Array.from({ length: LANES }, lane));
  for (const one of ended) if (one.status === 'rejected') throw one.reason;
}

/** Settles meters, and then those that took the place of one of them and were waiting for it. */
async function settleChains(
  ctx: Context,
  limits: Limits,
  book: PriceBook,
  fresh: readonly FreshMeter[],
): Promise<Settled[]> {
  const batches: Batch[] = [];
  let due = await dueOf(ctx, limits, fresh);
  while (due.length > 0) {
    const meterIds = due.map(({ meterId }) => meterId);
    while (due.length > 0) {
      const batch = await ctx.db.tx((tx) => settleBatch(tx, limits, book, due));
      batches.push(batch);
      due = due.filter(({ meterId }) => batch.left.has(meterId));
    }
    const waiting = await successors(ctx.db, limits.marketId, meterIds);
    due = waiting.length > 0 ? await dueMeters(ctx.db, limits, waiting) : [];
  }
  return batches;
}

/** Where each reading is settled as it comes, a new one is enough; elsewhere it is asked whether one lies before the cut-off. */
async function dueOf(ctx: Context, limits: Limits, fresh: readonly FreshMeter[]): Promise<DueMeter[]> {
  const asked = fresh.filter(({ waits }) => waits).map(({ meterId }) => meterId);
  const due = asked.length > 0 ? await dueMeters(ctx.db, limits, asked) : [];
  return [...fresh.filter(({ waits }) => !waits), ...due];
}

interface Batch extends Settled {
  /** Meters with more to settle than fitted. */
  readonly left: ReadonlySet<string>;
}

async function settleBatch(tx: Tx, limits: Limits, book: PriceBook, due: readonly DueMeter[]): Promise<Batch> {
  const { marketId, now } = limits;
  const meterIds = due.map(({ meterId }) => meterId);
  const unopened = due.flatMap((one) => (one.unopened ? [one.meterId] : []));
  if (unopened.length > 0) await lockUnopened(tx, marketId, unopened);
  const before = await predecessors(tx, marketId, meterIds);
  const held = await lockCursors(tx, marketId, [...meterIds, ...before]);
  const opened = unopened.length > 0 ? await openCursors(tx, limits, unopened) : [];
  const cursors = opened.length > 0 ? new Map([...held, ...(await lockCursors(tx, marketId, opened))]) : held;
  const spans = Map.groupBy(await readSpans(tx, limits, meterIds), (span) => span.meterId);
  const charges: StoredCharge[] = [];
  const moved: (Cursor & { meterId: string })[] = [];
  const skipped: Skipped[] = [];
  const left = new Set<string>();
  for (const [meterId, ofMeter] of spans) {
    const cursor = cursors.get(meterId);
    if (!cursor) continue;
    if (charges.length >= MAX_CHARGES) {
      left.add(meterId);
      continue;
    }
    try {
      const settled = settleMeter(cursor, ofMeter, book, limits.timeZone);
      for (const charge of settled.charges) charges.push(withId(charge, now));
      if (settled.cursor !== cursor) moved.push({ meterId, ...settled.cursor });
      if (ofMeter.some(isCutShort)) left.add(meterId);
    } catch (error) {
      if (!(error instanceof OpenPrepayError)) throw error;
      skipped.push({ meterId, code: error.code, message: error.message });
    }
  }
  await store(tx, limits, charges, moved, before);
  return { charges: charges.length, skipped, left };
}

/** A charge and its transaction bear the same id; a charge of nothing has no transaction. */
function withId(charge: Omit<StoredCharge, 'chargeId' | 'txId'>, now: Date): StoredCharge {
  const chargeId = uuidV7(now);
  return { ...charge, chargeId, txId: charge.amountFen === 0n ? null : chargeId };
}

async function store(
  tx: Tx,
  { marketId, now }: Limits,
  charges: readonly StoredCharge[],
  moved: readonly (Cursor & { readonly meterId: string })[],
  before: readonly string[],
): Promise<void> {
  const transactions = charges.flatMap((charge) =>
    charge.txId === null ? [] : [transactionOf(charge, charge.txId, now)],
  );
  // The meters before these are settled to their end: nothing provisional of them is replaced by a charge any more.
  const provisional = await takeBack(tx, marketId, now, [...moved.map(({ meterId }) => meterId), ...before]);
  const posted = await post(tx, marketId, [...transactions, ...provisional.transactions]);
  assert(!posted.some(({ repeated }) => repeated), 'a cursor moves once over each charge');
  if (charges.length > 0) await insertCharges(tx, marketId, now, charges);
  if (moved.length > 0) await moveCursors(tx, marketId, moved);
  await provisional.close();
}

function transactionOf(charge: StoredCharge, txId: string, now: Date): LedgerTransaction {
  return {
    txId,
    kind: 'charge',
    idempotencyKey: `charge:${charge.meterId}:${charge.from.readAt.toISOString()}`,
    businessAt: charge.to.readAt,
    recordedAt: now,
    operatorId: null,
    memo: null,
    lines: [
      { ledgerAccount: 'purse.utility', accountId: charge.accountId, amountFen: negateFen(charge.amountFen) },
      { ledgerAccount: `revenue.${charge.kind}`, accountId: null, amountFen: charge.amountFen },
    ],
  };
}
