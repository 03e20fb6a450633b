import type { LinkName } from '@openprepay/contract';
import type { MeterKind } from '@openprepay/kernel';
import type { Queryable } from '../platform/database.ts';

/** How every list of this room names a meter. */
export interface MeterFields extends Record<string, unknown> {
  readonly meterId: string;
  readonly meterSerial: string;
  readonly meterKind: MeterKind;
  readonly link: LinkName;
  readonly linkKey: string;
  readonly busAddress: string;
  readonly stallId: string | null;
  readonly stallCode: string | null;
}

/** Of `meter`, with what METER_PLACE joins. */
export const METER_COLUMNS = `meter.meter_id as "meterId", meter.serial as "meterSerial", meter.kind as "meterKind",
  meter.link, meter.link_key as "linkKey", meter.bus_address as "busAddress", stall.stall_id as "stallId",
  stall.code as "stallCode"`;

export const METER_PLACE = `
  left join meter_binding binding
    on binding.market_id = meter.market_id and binding.meter_id = meter.meter_id and binding.to_at is null
  left join stall on stall.market_id = binding.market_id and stall.stall_id = binding.stall_id
  left join building on building.market_id = stall.market_id and building.building_id = stall.building_id`;

/** What meters of the market are called, by id; ids of other markets are not found. */
export async function metersNamed(
  db: Queryable,
  marketId: string,
  meterIds: readonly string[],
): Promise<Map<string, MeterFields>> {
  if (meterIds.length === 0) return new Map();
  const rows = await db.query<MeterFields>(
    `select ${METER_COLUMNS} from meter ${METER_PLACE} where meter.market_id = $1 and meter.meter_id = any($2::uuid[])`,
    [marketId, meterIds],
  );
  return new Map(rows.map((row) => [row.meterId, row]));
}

/** Meters whose serial, way or stall contains the text, in any case. */
export async function metersLike(db: Queryable, marketId: string, text: string): Promise<string[]> {
  const rows = await db.query<{ meter_id: string }>(
    `select meter.meter_id from meter ${METER_PLACE}
     where meter.market_id = $1 and meter.retired_at is null
       and (position($2 in lower(meter.serial)) > 0 or position($2 in lower(meter.link_key)) > 0
            or position($2 in lower(stall.code)) > 0)`,
    [marketId, text.toLowerCase()],
  );
  return rows.map((row) => row.meter_id);
}
