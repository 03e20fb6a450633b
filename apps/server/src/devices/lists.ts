import type { DeviceException, UnclaimedDevice } from '@openprepay/contract';
import type { Static } from 'typebox';
import type { Queryable } from '../platform/database.ts';
import type { Link } from './types.ts';

const PAGE = 500;

type Unclaimed = Static<typeof UnclaimedDevice>;
type Exception = Static<typeof DeviceException>;

/** The latest 500 devices that called in and belong to no market. */
export async function listUnclaimed(db: Queryable): Promise<Unclaimed[]> {
  const rows = await db.query<{
    link: Link;
    link_key: string;
    first_seen_at: Date;
    last_seen_at: Date;
    contacts: bigint;
    remote: string;
  }>(
    `select link, link_key, first_seen_at, last_seen_at, contacts, remote
     from unclaimed_device order by last_seen_at desc limit $1`,
    [PAGE],
  );
  return rows.map((row) => ({
    link: row.link,
    linkKey: row.link_key,
    firstSeenAt: row.first_seen_at.toISOString(),
    lastSeenAt: row.last_seen_at.toISOString(),
    contacts: Number(row.contacts),
    remote: row.remote,
  }));
}

/** Meters of a market, or of some buildings, that did not reach the wanted state, latest first, at most 500. */
export async function listExceptions(
  db: Queryable,
  marketId: string,
  buildingIds: readonly string[] | null = null,
): Promise<Exception[]> {
  const rows = await db.query<Omit<Exception, 'openedAt'> & { openedAt: Date }>(
    `select exception.exception_id as "exceptionId", exception.meter_id as "meterId", meter.serial as "meterSerial",
            meter.kind as "meterKind", stall.stall_id as "stallId", stall.code as "stallCode", exception.kind,
            exception.opened_at as "openedAt", coalesce(exception.detail ->> 'command', 'switch') as command,
            exception.detail ->> 'wanted' as wanted,
            exception.detail ->> 'readBack' as "readBack", (exception.detail ->> 'writes')::integer as writes
     from device_exception exception
     join meter on meter.market_id = exception.market_id and meter.meter_id = exception.meter_id
     left join meter_binding binding
       on binding.market_id = meter.market_id and binding.meter_id = meter.meter_id and binding.to_at is null
     left join stall on stall.market_id = binding.market_id and stall.stall_id = binding.stall_id
     where exception.market_id = $1 and exception.closed_at is null
       and ($3::uuid[] is null or stall.building_id = any($3))
     order by exception.opened_at desc limit $2`,
    [marketId, PAGE, buildingIds],
  );
  return rows.map((row) => ({ ...row, openedAt: row.openedAt.toISOString() }));
}
