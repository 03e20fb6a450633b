import { estimateTotal, turnOf, VALID_GAP_MS } from '@openprepay/domain';
import { assert, type Quantity } from '@openprepay/kernel';
import { recordAudit } from '../identity/audit.ts';
import type { Tx } from '../platform/database.ts';
import { readingsError } from './errors.ts';
import { refusalOf } from './fitting.ts';
import { judgeNew, limitsOf, type ShownReading } from './judgement.ts';
import { findMeter, goodReadingsUntil, type MeterFacts } from './meters.ts';
import { storePhoto } from './photos.ts';
import { afterCt, turnoversAt } from './register-value.ts';
import { judgeAgain } from './rejudgement.ts';
import { insertReadings, type JudgedReading, lockMeters, noteReads } from './store.ts';

/** What a person read from a register. */
export interface ManualReading {
  readonly marketId: string;
  readonly meterId: string;
  readonly readAt: Date;
  /** As the register shows it, before CT, in whole Wh or litres. */
  readonly register: bigint;
  /** Sharp, peak, flat, valley, deep valley likewise; null where none were read. */
  readonly tariffs: readonly (bigint | null)[] | null;
  readonly note: string;
  readonly operatorId: string;
  readonly photo: Uint8Array | null;
  /** The person has seen that it is more than the meter can have counted, and says it is so all the same. */
  readonly confirmJump: boolean;
}

export interface TakenReading {
  readonly readAt: Date;
  /** Wh after CT or litres, going on over wraps of the register. */
  readonly total: Quantity;
}

/**
 * Takes a reading that a person took, judged like any other; but a person is there to be asked, so it is good or it is
 * refused, never held. A jump counts once it is confirmed, a decrease never. The same again changes nothing.
 * @throws readings.meter_not_found, readings.meter_retired, readings.time_taken, readings.time_in_future, readings.beyond_register,
 *   readings.would_decrease, readings.confirm_jump, readings.tariffs_do_not_add_up, readings.not_a_photo
 */
export async function takeManual(tx: Tx, now: Date, manual: ManualReading): Promise<TakenReading> {
  const { marketId, meterId, readAt, note, operatorId } = manual;
  const meter = await findMeter(tx, marketId, meterId);
  if (readAt > now) throw refusalOf('future_time');
  if (meter.retiredAt && readAt > meter.retiredAt) {
    const retiredAt = meter.retiredAt.toISOString();
    throw readingsError('readings.meter_retired', `meter ${meter.serial} went out of service at ${retiredAt}`, {
      retiredAt,
    });
  }
  await lockMeters(tx, marketId, [meterId]);
  const shown = shownReading(meter, manual, now);
  const { judged, known } = await judgeNew(tx, marketId, [shown], new Map([[meterId, limitsOf(meter)]]));
  const [stored] = known;
  if (stored) {
    if (!isSame(meter, stored))
      throw readingsError('readings.time_taken', 'there is a reading of this instant already');
    return { readAt, total: stored.total as Quantity };
  }
  const [reading] = judged;
  assert(reading, 'a reading that is not stored is judged');
  if (reading.suspect !== null && !(reading.suspect === 'jump' && manual.confirmJump)) throw refusalOf(reading.suspect);
  const photoId = await storePhoto(tx, marketId, manual.photo, { operatorId, at: now });
  await keep(tx, marketId, [{ ...reading, suspect: null, photoId }]);
  await judgeAgain(tx, marketId, meter, { now, operatorId, note, clockAccepted: false });
  await recordAudit(tx, {
    marketId,
    at: now,
    operatorId,
    action: 'readings.manual',
    subject: `meter:${meterId}`,
    reason: note,
    after: { readAt, total: reading.total, register: manual.register, confirmed: reading.suspect, photoId },
  });
  return { readAt, total: reading.total };
}

/** A person's reading as the register showed it, after CT. */
export function shownReading(
  meter: MeterFacts,
  { meterId, readAt, register, tariffs, note, operatorId }: Omit<ManualReading, 'marketId' | 'photo' | 'confirmJump'>,
  receivedAt: Date,
): ShownReading {
  return {
    meterId,
    readAt,
    receivedAt,
    isAnswer: false,
    origin: 'manual',
    total: afterCt(meter, register),
    tariffs: tariffs?.map((one) => (one === null ? null : afterCt(meter, one))) ?? null,
    frameId: null,
    operatorId,
    photoId: null,
    note,
  };
}

/** Whether what is stored of an instant is what a person says of it, however often the register had wrapped. */
export function isSame(meter: MeterFacts, stored: { readonly reading: ShownReading; readonly total: bigint }): boolean {
  const turn = turnOf(limitsOf(meter));
  return stored.total === stored.reading.total || (turn !== null && stored.total % turn === stored.reading.total);
}

/** Stores good readings that people gave and tells of them. */
export async function keep(tx: Tx, marketId: string, readings: readonly JudgedReading[]): Promise<void> {
  await insertReadings(tx, marketId, readings);
  await noteReads(tx, marketId, readings);
  await tx.notify('readings', marketId);
  await tx.notify('grid', marketId);
}

export interface Estimate {
  readonly marketId: string;
  readonly meterId: string;
  /** When the meter was gone. */
  readonly at: Date;
  readonly note: string;
  readonly operatorId: string;
}

/** Readings so far back tell what a usual day is. */
const LOOK_BACK_MS = 60 * 86_400_000;
const MAX_READINGS = 20_000;

/**
 * Stores what a meter that nobody can read any more will have shown at last, if use went on as in its last seven valid
 * days: a good reading, marked estimated, which the truth may correct later.
 * @throws readings.meter_not_found, readings.time_in_future, readings.good_reading_later where a good reading of then or
 *   later makes an estimate needless, readings.nothing_to_estimate_from
 */
export async function estimateFinal(tx: Tx, now: Date, estimate: Estimate): Promise<TakenReading> {
  const { marketId, meterId, at, note, operatorId } = estimate;
  const meter = await findMeter(tx, marketId, meterId);
  if (at > now) throw refusalOf('future_time');
  await lockMeters(tx, marketId, [meterId]);
  const since = new Date(at.getTime() - LOOK_BACK_MS - VALID_GAP_MS);
  const { readings, later } = await goodReadingsUntil(tx, marketId, meterId, { since, at, limit: MAX_READINGS });
  if (later) throw readingsError('readings.good_reading_later', 'the meter was read then or later: take that reading');
  const total = estimateTotal(readings, at, meter.ctRatio);
  if (total === null) {
    throw readingsError('readings.nothing_to_estimate_from', 'no day of this meter is known to go by: type a value');
  }
  const turnovers = turnoversAt(meter, total);
  const told = { operatorId, note, photoId: null };
  const reading = {
    meterId,
    readAt: at,
    receivedAt: now,
    origin: 'estimated',
    total,
    turnovers,
    tariffs: null,
  } as const;
  await keep(tx, marketId, [{ ...reading, ...told, frameId: null, suspect: null }]);
  const last = readings.at(-1);
  await recordAudit(tx, {
    marketId,
    at: now,
    operatorId,
    action: 'readings.estimate',
    subject: `meter:${meterId}`,
    reason: note,
    before: last && { readAt: last.readAt, total: last.total },
    after: { readAt: at, total },
  });
  return { readAt: at, total };
}
