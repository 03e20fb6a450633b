import type { MeterValue } from '@openprepay/domain';
import type { Quantity } from '@openprepay/kernel';
import { recordAudit } from '../identity/audit.ts';
import type { Tx } from '../platform/database.ts';
import { readingsError } from './errors.ts';
import { fittingValue } from './fitting.ts';
import { putValue } from './hold-store.ts';
import { findMeter, type MeterFacts } from './meters.ts';
import { storePhoto } from './photos.ts';
import { judgeAgain } from './rejudgement.ts';
import { lockMeters, surroundings } from './store.ts';
import type { Origin } from './types.ts';

/** A good reading that a person may put right, and the good ones around it. */
export interface Correctable {
  readonly meter: MeterFacts;
  readonly said: MeterValue;
  readonly before: MeterValue | null;
  readonly after: MeterValue | null;
}

/**
 * Finds a reading to be put right and locks its meter. Only what a person or an average said may be wrong in this way, or
 * the last reading of a meter that another one replaced; what a meter in service says puts itself right with the next one.
 * @throws readings.meter_not_found, readings.reading_not_found, readings.not_correctable
 */
export async function findCorrectable(tx: Tx, marketId: string, meterId: string, readAt: Date): Promise<Correctable> {
  const meter = await findMeter(tx, marketId, meterId);
  await lockMeters(tx, marketId, [meterId]);
  const [reading] = await tx.query<{
    origin: Origin;
    quality: string;
    total: Quantity;
    tariffs: (bigint | null)[] | null;
    by_hand: boolean;
    final: boolean;
  }>(
    `select origin, quality, total, tariffs, said_total is not null as by_hand, exists (
       select from meter_replacement
       where market_id = $1 and old_meter_id = $2 and meter_replacement.at >= $3 and not exists (
         select from reading later
         where later.market_id = $1 and later.meter_id = $2 and later.quality = 'good' and later.read_at > $3)) as final
     from reading where market_id = $1 and meter_id = $2 and read_at = $3`,
    [marketId, meterId, readAt],
  );
  if (!reading) throw readingsError('readings.reading_not_found', 'this meter has no reading of this instant');
  const { origin, quality, total, tariffs, by_hand: byHand, final } = reading;
  if (quality !== 'good' || !(byHand || final || origin === 'manual' || origin === 'estimated')) {
    throw readingsError(
      'readings.not_correctable',
      'a correction is of a good reading: typed, estimated or the last one',
    );
  }
  const [around] = await surroundings(tx, marketId, [{ meterId, readAt }]);
  return {
    meter,
    said: { readAt, total, tariffs },
    before: around?.good.find((good) => good.readAt < readAt) ?? null,
    after: around?.good.find((good) => good.readAt > readAt) ?? null,
  };
}

export interface Truth {
  readonly marketId: string;
  /** What the register truly showed, before CT, in whole Wh or litres. */
  readonly register: bigint;
  readonly reason: string;
  readonly operatorId: string;
  readonly photo: Uint8Array | null;
}

/**
 * Puts the true value in the place of a good reading's, in the caller's transaction. What was said stays beside it. Readings
 * held against the wrong value are judged again, and a hold whose reading turned good is over. A value that is right already
 * is left as it is.
 * @returns the value that counts from now on
 * @throws readings.beyond_register, readings.would_decrease, readings.not_a_photo
 */
export async function putRight(tx: Tx, now: Date, { meter, said }: Correctable, truth: Truth): Promise<MeterValue> {
  const { marketId, register, reason, operatorId } = truth;
  const { readAt } = said;
  const { meterId } = meter;
  const { total, turnovers } = await fittingValue(tx, marketId, { ...meter, readAt }, register, true);
  if (total === said.total) return said;
  const photoId = await storePhoto(tx, marketId, truth.photo, { operatorId, at: now });
  await putValue(tx, marketId, { meterId, readAt }, { total, turnovers, photoId }, { operatorId, note: reason });
  await judgeAgain(tx, marketId, meter, { now, operatorId, note: reason, clockAccepted: false });
  await recordAudit(tx, {
    marketId,
    at: now,
    operatorId,
    action: 'readings.correct',
    subject: `meter:${meterId}`,
    reason,
    before: { readAt, total: said.total },
    after: { readAt, total, photoId },
  });
  await tx.notify('readings', marketId);
  await tx.notify('grid', marketId);
  return { readAt, total, tariffs: null };
}
