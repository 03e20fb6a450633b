import { uuidV7 } from '@openprepay/kernel';
import type { Database } from '../apps/server/src/platform/database.ts';

/** Of the modem of the meter with this index. */
export const serialOf = (index: number): string => String(index).padStart(14, '0');

/** A market of so many 4G meters in one building that reads at this interval. @returns its id */
export async function seedSweepMarket(
  db: Database,
  at: Date,
  serials: readonly string[],
  intervalS: number,
): Promise<string> {
  const [marketId, buildingId] = [uuidV7(at), uuidV7(at)];
  const ids = () => serials.map(() => uuidV7(at));
  const [meterIds, stallIds, bindingIds] = [ids(), ids(), ids()];
  await db.tx(async (tx) => {
    await tx.query(`insert into market (market_id, code, name, created_at) values ($1, 'sweep', 'sweep', $2)`, [
      marketId,
      at,
    ]);
    await tx.query(
      `insert into building (market_id, building_id, name, reading_interval_s) values ($1, $2, 'hall', $3)`,
      [marketId, buildingId, intervalS],
    );
    await tx.query(
      `insert into stall (market_id, stall_id, building_id, code, stall_type)
       select $1, stall_id, $2, code, 'meat' from unnest($3::uuid[], $4::text[]) as t (stall_id, code)`,
      [marketId, buildingId, stallIds, serials],
    );
    await tx.query(
      `insert into meter (market_id, meter_id, kind, model, serial, link, link_key, bus_address, installed_at)
       select $1, meter_id, 'electricity', 'DDSY1352-NK', serial, 'acrel4g', serial, '1', $2
       from unnest($3::uuid[], $4::text[]) as t (meter_id, serial)`,
      [marketId, at, meterIds, serials],
    );
    await tx.query(
      `insert into meter_binding (market_id, binding_id, meter_id, stall_id, from_at)
       select $1, binding_id, meter_id, stall_id, $2
       from unnest($3::uuid[], $4::uuid[], $5::uuid[]) as t (binding_id, meter_id, stall_id)`,
      [marketId, at, bindingIds, meterIds, stallIds],
    );
    await tx.query(
      `insert into device_directory (link, link_key, bus_address, market_id, meter_id)
       select 'acrel4g', serial, '1', $1, meter_id from unnest($2::uuid[], $3::text[]) as t (meter_id, serial)`,
      [marketId, meterIds, serials],
    );
  });
  await db.query('analyze');
  return marketId;
}
