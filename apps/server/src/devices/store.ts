import type { Database, Queryable, Tx } from '../platform/database.ts';
import type { Contact, Device, Link } from './types.ts';

const DEFAULT_READING_INTERVAL_S = 1800;
const MAX_UNCLAIMED = 10_000;
const MAX_TEXT = 64;

/** The meters behind a modem or platform device, in the market that owns it; empty when nobody claimed it. */
export async function findDevices(db: Queryable, link: Link, linkKey: string): Promise<Device[]> {
  const entries = await db.query<{ market_id: string; meter_id: string }>(
    'select market_id, meter_id from device_directory where link = $1 and link_key = $2',
    [link, linkKey],
  );
  const found: Device[] = [];
  for (const [marketId, rows] of Map.groupBy(entries, (entry) => entry.market_id)) {
    const meterIds = rows.map((row) => row.meter_id);
    found.push(...(await devicesOf(db, marketId, meterIds)));
  }
  return found;
}

/** Meters of one market by id. Retired ones are left out: they are no longer spoken to. */
export async function devicesOf(db: Queryable, marketId: string, meterIds: readonly string[]): Promise<Device[]> {
  return db.query<Device & Record<string, unknown>>(
    `select meter.market_id as "marketId", meter.meter_id as "meterId", meter.kind, meter.model,
            meter.ct_ratio as "ctRatio", meter.link, meter.link_key as "linkKey", meter.bus_address as "busAddress",
            meter.access,
            market.time_zone as "timeZone", coalesce(building.reading_interval_s, $3) as "readingIntervalS"
     from meter
     join market on market.market_id = meter.market_id
     left join meter_binding binding
       on binding.market_id = meter.market_id and binding.meter_id = meter.meter_id and binding.to_at is null
     left join stall on stall.market_id = binding.market_id and stall.stall_id = binding.stall_id
     left join building on building.market_id = stall.market_id and building.building_id = stall.building_id
     where meter.market_id = $1 and meter.meter_id = any($2::uuid[]) and meter.retired_at is null
     order by meter.bus_address`,
    [marketId, meterIds, DEFAULT_READING_INTERVAL_S],
  );
}

/** Every market of the installation: whoever works through all markets asks each by its id. */
export async function listMarketIds(db: Queryable): Promise<string[]> {
  const rows = await db.query<{ market_id: string }>('select market_id from market order by market_id');
  return rows.map((row) => row.market_id);
}

/** A device called in that belongs to nobody. Beyond 10,000 of them only known ones are counted on. */
export async function noteUnclaimed(
  db: Queryable,
  at: Date,
  link: Link | 'unknown',
  linkKey: string,
  remote: string,
): Promise<void> {
  await db.query(
    `insert into unclaimed_device (link, link_key, first_seen_at, last_seen_at, remote)
     select $1, $2, $3, $3, $4
     where (select count(*) from unclaimed_device) < $5
        or exists (select 1 from unclaimed_device where link = $1 and link_key = $2)
     on conflict (link, link_key) do update
     set last_seen_at = greatest(unclaimed_device.last_seen_at, excluded.last_seen_at),
         contacts = unclaimed_device.contacts + 1, remote = excluded.remote`,
    [link, storable(linkKey), at, storable(remote), MAX_UNCLAIMED],
  );
}

/** What a device calls itself may be anything; PostgreSQL takes no zero character in a text. */
const storable = (said: string): string => said.replaceAll('\0', '').slice(0, MAX_TEXT);

/** Writes contacts, several markets and several of one meter allowed; tells the grid where a meter came or went. */
export async function saveContacts(tx: Tx, contacts: readonly Contact[]): Promise<void> {
  const byMarket = Map.groupBy(contacts, (contact) => contact.marketId);
  for (const marketId of [...byMarket.keys()].sort()) {
    const merged = new Map<string, Contact>();
    for (const contact of byMarket.get(marketId) ?? []) {
      merged.set(contact.meterId, { ...merged.get(contact.meterId), ...contact });
    }
    const changed = await saveContactsOf(tx, marketId, [...merged.values()]);
    if (changed) await tx.notify('grid', marketId);
  }
}

/** @returns whether a meter came online or went offline */
async function saveContactsOf(tx: Tx, marketId: string, contacts: readonly Contact[]): Promise<boolean> {
  const meterIds = contacts.map((contact) => contact.meterId);
  await tx.query(
    `insert into meter_state (market_id, meter_id)
     select market_id, meter_id from meter where market_id = $1 and meter_id = any($2::uuid[])
     on conflict do nothing`,
    [marketId, meterIds],
  );
  const rows = await tx.query(
    `with given as (
       select * from unnest($2::uuid[], $3::timestamptz[], $4::boolean[], $5::integer[], $6::text[], $7::text[],
                            $8::timestamptz[], $9::integer[])
         as t (meter_id, at, online, rssi, iccid, firmware, wake_expected_at, clock_drift_s)
     ), locked as (
       -- In order of id, as everyone locks this table, so that two processes never wait for each other.
       select state.meter_id, state.online as was_online
       from meter_state state join given using (meter_id)
       where state.market_id = $1 order by state.meter_id for update of state
     )
     update meter_state state
     set online = coalesce(given.online, state.online),
         -- That it is gone is not its own word.
         last_contact_at = case when given.online = false then state.last_contact_at
                                else greatest(state.last_contact_at, given.at) end,
         rssi = coalesce(given.rssi, state.rssi),
         iccid = coalesce(given.iccid, state.iccid),
         firmware = coalesce(given.firmware, state.firmware),
         wake_expected_at = coalesce(given.wake_expected_at, state.wake_expected_at),
         clock_drift_s = coalesce(given.clock_drift_s, state.clock_drift_s),
         clock_checked_at = case when given.clock_drift_s is null then state.clock_checked_at else given.at end
     from given join locked using (meter_id)
     where state.market_id = $1 and state.meter_id = given.meter_id
     returning locked.was_online <> state.online as changed`,
    [
      marketId,
      meterIds,
      contacts.map((contact) => contact.at),
      contacts.map((contact) => contact.online ?? null),
      contacts.map((contact) => contact.rssi ?? null),
      contacts.map((contact) => contact.iccid ?? null),
      contacts.map((contact) => contact.firmware ?? null),
      contacts.map((contact) => contact.wakeExpectedAt ?? null),
      contacts.map((contact) => contact.clockDriftS ?? null),
    ],
  );
  return rows.some((row) => row.changed === true);
}

/** At a start nobody is connected yet: meters with a connection of their own are offline until they call in. */
export async function allOffline(db: Database, link: Link): Promise<void> {
  for (const marketId of await listMarketIds(db)) {
    await db.tx(async (tx) => {
      await tx.query(
        `with locked as (
           select state.meter_id from meter_state state
           join meter on meter.market_id = state.market_id and meter.meter_id = state.meter_id
           where state.market_id = $1 and meter.link = $2 and state.online
           order by state.meter_id for update of state)
         update meter_state set online = false where market_id = $1 and meter_id in (select meter_id from locked)`,
        [marketId, link],
      );
      await tx.notify('grid', marketId);
    });
  }
}

/**
 * A sleeping meter has no connection to lose. It is online while it keeps its times: offline when two reading intervals
 * have passed since it should have reported.
 */
export async function sleepersOffline(tx: Tx, marketId: string, now: Date): Promise<void> {
  const rows = await tx.query(
    `with locked as (
       select state.meter_id
       from meter_state state
       join meter on meter.market_id = state.market_id and meter.meter_id = state.meter_id and meter.link = 'nb'
       left join meter_binding binding
         on binding.market_id = meter.market_id and binding.meter_id = meter.meter_id and binding.to_at is null
       left join stall on stall.market_id = binding.market_id and stall.stall_id = binding.stall_id
       left join building on building.market_id = stall.market_id and building.building_id = stall.building_id
       where state.market_id = $1 and state.online
         and greatest(state.wake_expected_at, state.last_contact_at)
             + make_interval(secs => 2 * coalesce(building.reading_interval_s, $3)) < $2
       order by state.meter_id for update of state)
     update meter_state set online = false
     where market_id = $1 and meter_id in (select meter_id from locked) returning meter_id`,
    [marketId, now, DEFAULT_READING_INTERVAL_S],
  );
  if (rows.length > 0) await tx.notify('grid', marketId);
}

/** When each meter is expected to wake, and when it last spoke; for those that have said something yet. */
export async function wakeTimes(
  db: Queryable,
  marketId: string,
  meterId: string,
): Promise<{ wakeExpectedAt: Date | null; lastReadAt: Date | null }> {
  const rows = await db.query<{ wake_expected_at: Date | null; last_read_at: Date | null }>(
    'select wake_expected_at, last_read_at from meter_state where market_id = $1 and meter_id = $2',
    [marketId, meterId],
  );
  return { wakeExpectedAt: rows[0]?.wake_expected_at ?? null, lastReadAt: rows[0]?.last_read_at ?? null };
}
