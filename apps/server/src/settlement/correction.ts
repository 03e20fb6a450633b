import {
  type BillingState,
  type Correction,
  correctInterval,
  type Interval,
  type MeterValue,
  type PlanVersion,
} from '@openprepay/domain';
import { assert, type Fen, negateFen, uuidV7 } from '@openprepay/kernel';
import { type LedgerTransaction, post } from '../ledger/index.ts';
import type { Context } from '../platform/context.ts';
import type { Tx } from '../platform/database.ts';
import { type PriceBook, priceBook } from '../prices/index.ts';
import { type Correctable, findCorrectable, lockMeters, putRight } from '../readings/index.ts';
import {
  chainOf,
  insertCorrection,
  isInsideCharge,
  movePeriod,
  moveValue,
  otherHalves,
  periodState,
  type StoredCorrection,
  type TouchedCharge,
  touchedCharges,
} from './correction-store.ts';
import { settlementError } from './errors.ts';
import { listMarkets, lockCursors } from './store.ts';

/** The later truth of a reading. */
export interface ReadingCorrection {
  readonly marketId: string;
  readonly meterId: string;
  readonly readAt: Date;
  /** What the register truly showed, before CT, in whole Wh or litres. */
  readonly register: bigint;
  readonly reason: string;
  readonly operatorId: string;
  readonly photo: Uint8Array | null;
}

export interface PostedCorrection {
  readonly correctionId: string;
  readonly accountId: string;
  readonly amountFen: Fen;
  readonly txId: string | null;
}

/**
 * Puts a typed, estimated or final reading right, and what it took wrongly: one signed entry for the charge that ended
 * with it, and one for the charge that began with it, priced where the billing period of each stands now, or where it
 * ended. What is posted stays; what is settled later in the period goes on from the corrected sum. At a change of CT the
 * last reading before it and the first one after it are one look at one register, and are put right together. The same
 * again changes nothing.
 * @throws settlement.inside_a_charge where the readings after it have put it right already, settlement.no_plan,
 *   pricing.no_tariff_price, and what findCorrectable and putRight throw
 */
export async function correctReading(ctx: Context, given: ReadingCorrection): Promise<PostedCorrection[]> {
  const { marketId, meterId, readAt } = given;
  const now = ctx.clock.now();
  const market = (await listMarkets(ctx.db)).find((one) => one.marketId === marketId);
  assert(market, 'a route is bound to a market', { marketId });
  return ctx.db.tx(async (tx) => {
    const readings = await findCorrectables(tx, given);
    const chain = await chainOf(tx, marketId, meterId);
    await lockCursors(tx, marketId, chain);
    for (const { meter } of readings) {
      if (!(await isInsideCharge(tx, marketId, meter.meterId, readAt))) continue;
      throw settlementError('settlement.inside_a_charge', 'the readings after this one have put it right already');
    }
    const book = await priceBook(tx, marketId);
    const periods = new Map<string, BillingState>();
    const where: Where = { marketId, chain, timeZone: market.timeZone, book, periods, now };
    const corrections: StoredCorrection[] = [];
    for (const reading of readings) corrections.push(...(await putChargesRight(tx, where, reading, given)));
    await store(tx, given, corrections, now);
    return corrections.map(({ correctionId, charge, correction, txId }) => ({
      correctionId,
      accountId: charge.accountId,
      amountFen: correction.amountFen,
      txId,
    }));
  });
}

/** The reading, and at a change of CT its other half, of meters that are locked. */
async function findCorrectables(tx: Tx, { marketId, meterId, readAt }: ReadingCorrection): Promise<Correctable[]> {
  const meterIds = [meterId, ...(await otherHalves(tx, marketId, meterId, readAt))];
  if (meterIds.length > 1) await lockMeters(tx, marketId, meterIds);
  const found: Correctable[] = [];
  for (const one of meterIds) found.push(await findCorrectable(tx, marketId, one, readAt));
  return found;
}

interface Where {
  readonly marketId: string;
  readonly chain: readonly string[];
  readonly timeZone: string;
  readonly book: PriceBook;
  /** Several charges may be of one billing period: the second is put right where the first left it. */
  readonly periods: Map<string, BillingState>;
  readonly now: Date;
}

async function putChargesRight(
  tx: Tx,
  { marketId, chain, timeZone, book, periods, now }: Where,
  reading: Correctable,
  given: ReadingCorrection,
): Promise<StoredCorrection[]> {
  const { readAt } = given;
  const { meterId } = reading.meter;
  const truth = await putRight(tx, now, reading, given);
  if (truth.total === reading.said.total) return [];
  await moveValue(tx, marketId, meterId, readAt, truth.total);
  const corrections: StoredCorrection[] = [];
  for (const charge of await touchedCharges(tx, marketId, meterId, readAt)) {
    const period = `${charge.accountId} ${charge.billingPeriod} ${charge.periodFrom.getTime()}`;
    const state = periods.get(period) ?? (await periodState(tx, marketId, chain, charge));
    const said = intervalOf(charge, reading, reading.said);
    const right = intervalOf(charge, reading, truth);
    const correction = correctInterval(state, versionOf(book, charge), said, right, timeZone);
    periods.set(period, correction.after);
    await movePeriod(tx, marketId, chain, charge.accountId, correction.after);
    corrections.push(withId(charge, meterId, { said: reading.said, truth }, correction, now));
  }
  return corrections;
}

/** The last interval of a charge that ended with the reading, or the first of one that began with it. */
function intervalOf({ edge }: TouchedCharge, { before, after }: Correctable, value: MeterValue): Interval {
  const other = edge === 'end' ? before : after;
  assert(other, 'a charge lies between two good readings', { value });
  return edge === 'end' ? { from: other, to: value } : { from: value, to: other };
}

function versionOf(book: PriceBook, { kind, planId, planVersion }: TouchedCharge): PlanVersion {
  const version = book.planFor(kind, planId)?.versions.find((one) => one.version === planVersion);
  if (!version) throw settlementError('settlement.no_plan', 'the price of this charge is gone');
  return version;
}

/** A correction and its transaction bear the same id; one of nothing has no transaction. */
function withId(
  charge: TouchedCharge,
  meterId: string,
  { said, truth }: { readonly said: MeterValue; readonly truth: MeterValue },
  correction: Correction,
  now: Date,
): StoredCorrection {
  const correctionId = uuidV7(now);
  const txId = correction.amountFen === 0n ? null : correctionId;
  return { correctionId, charge, meterId, saidValue: said.total, trueValue: truth.total, correction, txId };
}

async function store(
  tx: Tx,
  given: ReadingCorrection,
  corrections: readonly StoredCorrection[],
  now: Date,
): Promise<void> {
  const transactions = corrections.flatMap((one) =>
    one.txId === null ? [] : [transactionOf(one, one.txId, given, now)],
  );
  const posted = await post(tx, given.marketId, transactions);
  assert(!posted.some(({ repeated }) => repeated), 'a reading is put right once from one value to another');
  for (const correction of corrections) await insertCorrection(tx, given.marketId, correction, { ...given, at: now });
}

function transactionOf(
  { charge, correction }: StoredCorrection,
  txId: string,
  { operatorId, reason }: ReadingCorrection,
  now: Date,
): LedgerTransaction {
  return {
    txId,
    kind: 'correction',
    idempotencyKey: `correction:${charge.chargeId}:${charge.edge}:${charge.earlier}`,
    businessAt: now,
    recordedAt: now,
    operatorId,
    memo: reason,
    lines: [
      { ledgerAccount: 'purse.utility', accountId: charge.accountId, amountFen: negateFen(correction.amountFen) },
      { ledgerAccount: `revenue.${charge.kind}`, accountId: null, amountFen: correction.amountFen },
    ],
  };
}
