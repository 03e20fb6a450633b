import type { MeterValue } from '@openprepay/domain';
import type { MeterKind } from '@openprepay/kernel';
import type { Queryable } from '../platform/database.ts';
import { readingsError } from './errors.ts';

/** What must be known of a meter to take a reading of it. */
export interface MeterFacts {
  readonly meterId: string;
  readonly serial: string;
  readonly kind: MeterKind;
  readonly model: string;
  readonly ctRatio: number;
}

const FACTS = 'meter_id as "meterId", serial, kind, model, ct_ratio as "ctRatio"';

/** @throws readings.meter_not_found */
export async function findMeter(
  db: Queryable,
  marketId: string,
  meterId: string,
): Promise<MeterFacts & { readonly retiredAt: Date | null }> {
  const [meter] = await db.query<MeterFacts & { retiredAt: Date | null } & Record<string, unknown>>(
    `select ${FACTS}, retired_at as "retiredAt" from meter where market_id = $1 and meter_id = $2`,
    [marketId, meterId],
  );
  if (!meter) throw readingsError('readings.meter_not_found', 'this market has no such meter');
  return meter;
}

/** The meters in service that have these serials, by serial. */
export async function metersBySerial(
  db: Queryable,
  marketId: string,
  serials: readonly string[],
): Promise<ReadonlyMap<string, MeterFacts>> {
  const rows = await db.query<MeterFacts & Record<string, unknown>>(
    `select ${FACTS} from meter where market_id = $1 and serial = any($2::text[]) and retired_at is null`,
    [marketId, serials],
  );
  return new Map(rows.map((meter) => [meter.serial, meter]));
}

/** Good readings of a meter from a time on and before another, in order of time, and whether there are any later ones. */
export async function goodReadingsUntil(
  db: Queryable,
  marketId: string,
  meterId: string,
  { since, at, limit }: { readonly since: Date; readonly at: Date; readonly limit: number },
): Promise<{ readonly readings: readonly MeterValue[]; readonly later: boolean }> {
  const newestFirst = await db.query<MeterValue & Record<string, unknown>>(
    `select read_at as "readAt", total from reading
     where market_id = $1 and meter_id = $2 and quality = 'good' and read_at >= $3 and read_at < $4
     order by read_at desc limit $5`,
    [marketId, meterId, since, at, limit],
  );
  const [later] = await db.query(
    `select from reading
     where market_id = $1 and meter_id = $2 and read_at >= $3
       and (read_at = $3 or quality = 'good') limit 1`,
    [marketId, meterId, at],
  );
  return { readings: newestFirst.reverse(), later: later !== undefined };
}

/** @throws readings.meter_not_found where there is no such market */
export async function marketZone(db: Queryable, marketId: string): Promise<string> {
  const [market] = await db.query<{ zone: string }>('select time_zone as zone from market where market_id = $1', [
    marketId,
  ]);
  if (!market) throw readingsError('readings.meter_not_found', 'there is no such market');
  return market.zone;
}
