import type { MeterKind } from '@openprepay/kernel';
import type { Queryable, Tx } from '../platform/database.ts';
import { devicesError } from './errors.ts';
import type { Link } from './types.ts';

/*
 * The rows of the register: meters and the directory that finds them by their address.
 */

/** A notification carries at most 8,000 bytes; a meter id takes 37 of them. */
const MAX_METERS_A_SIGNAL = 100;

export interface MeterToEnter {
  readonly meterId: string;
  readonly kind: MeterKind;
  readonly model: string;
  readonly serial: string;
  readonly ctRatio: number;
  readonly link: Link;
  readonly linkKey: string;
  readonly busAddress: string;
  readonly access: Readonly<Record<string, string>>;
}

/** A meter as it stands in the register. */
export interface RegisteredMeter extends MeterToEnter {
  readonly installedAt: Date;
  readonly retiredAt: Date | null;
  /** Where it is bound now. */
  readonly bindingId: string | null;
  readonly stallId: string | null;
  readonly boundFrom: Date | null;
  /** When it was last taken off a stall. */
  readonly lastBoundTo: Date | null;
}

/** One change of a market's register at a time, so that what was checked still holds when it is written. */
export async function lockRegister(tx: Queryable, marketId: string): Promise<void> {
  await tx.query('select from market where market_id = $1 for no key update', [marketId]);
}

/** @throws devices.no_such_meter, devices.meter_retired */
export async function requireMeter(tx: Queryable, marketId: string, meterId: string): Promise<RegisteredMeter> {
  const rows = await tx.query<RegisteredMeter & Record<string, unknown>>(
    `select meter.meter_id as "meterId", meter.kind, meter.model, meter.serial, meter.ct_ratio as "ctRatio", meter.link,
            meter.link_key as "linkKey", meter.bus_address as "busAddress", meter.access,
            meter.installed_at as "installedAt", meter.retired_at as "retiredAt",
            binding.binding_id as "bindingId", binding.stall_id as "stallId", binding.from_at as "boundFrom",
            (select max(to_at) from meter_binding past
             where past.market_id = meter.market_id and past.meter_id = meter.meter_id) as "lastBoundTo"
     from meter
     left join meter_binding binding
       on binding.market_id = meter.market_id and binding.meter_id = meter.meter_id and binding.to_at is null
     where meter.market_id = $1 and meter.meter_id = $2`,
    [marketId, meterId],
  );
  const [meter] = rows;
  if (!meter) throw devicesError('devices.no_such_meter', `no meter ${meterId} in this market`);
  if (meter.retiredAt) throw devicesError('devices.meter_retired', `meter ${meter.serial} is out of service`);
  return meter;
}

/**
 * Enters meters, all or none of them: under the market's lock only another market can be in the way.
 * @throws devices.serial_in_use, devices.address_in_use
 */
export async function enterMeters(
  tx: Queryable,
  marketId: string,
  at: Date,
  meters: readonly MeterToEnter[],
  importId: string | null = null,
): Promise<void> {
  const meterIds = meters.map((meter) => meter.meterId);
  const entered = await tx.query<{ meter_id: string }>(
    `insert into meter (market_id, meter_id, kind, model, serial, ct_ratio, link, link_key, bus_address, access,
                        installed_at, import_id)
     select $1, given.*, $2, $3
     from unnest($4::uuid[], $5::text[], $6::text[], $7::text[], $8::integer[], $9::text[], $10::text[], $11::text[],
                 $12::jsonb[]) as given
     on conflict (market_id, serial) where retired_at is null do nothing returning meter_id`,
    [
      marketId,
      at,
      importId,
      meterIds,
      meters.map((meter) => meter.kind),
      meters.map((meter) => meter.model),
      meters.map((meter) => meter.serial),
      meters.map((meter) => meter.ctRatio),
      meters.map((meter) => meter.link),
      meters.map((meter) => meter.linkKey),
      meters.map((meter) => meter.busAddress),
      meters.map((meter) => JSON.stringify(meter.access)),
    ],
  );
  const found = new Set(entered.map((row) => row.meter_id));
  const known = meters.find((meter) => !found.has(meter.meterId));
  if (known) throw devicesError('devices.serial_in_use', `a meter ${known.serial} is in the register already`);
  await tx.query('insert into meter_state (market_id, meter_id) select $1, unnest($2::uuid[])', [marketId, meterIds]);
  await enterAddresses(tx, marketId, meters);
}

/** The meters can be found by their addresses from now on. @throws devices.address_in_use */
export async function enterAddresses(
  tx: Queryable,
  marketId: string,
  meters: readonly Pick<MeterToEnter, 'meterId' | 'link' | 'linkKey' | 'busAddress'>[],
): Promise<void> {
  const links = [meters.map((meter) => meter.link), meters.map((meter) => meter.linkKey)] as const;
  const entered = await tx.query<{ meter_id: string }>(
    `insert into device_directory (link, link_key, bus_address, market_id, meter_id)
     select link, link_key, bus_address, $1, meter_id from unnest($2::text[], $3::text[], $4::text[], $5::uuid[])
       as given (link, link_key, bus_address, meter_id)
     where not exists (select 1 from device_directory other
                       where other.link = given.link and other.link_key = given.link_key and other.market_id <> $1)
     on conflict do nothing returning meter_id`,
    [marketId, ...links, meters.map((meter) => meter.busAddress), meters.map((meter) => meter.meterId)],
  );
  const found = new Set(entered.map((row) => row.meter_id));
  const taken = meters.find((meter) => !found.has(meter.meterId));
  if (taken) {
    throw devicesError(
      'devices.address_in_use',
      `${taken.linkKey} ${taken.busAddress} is the address of another meter`,
      { field: 'busAddress' },
    );
  }
  await tx.query(
    `delete from unclaimed_device using unnest($1::text[], $2::text[]) as given (link, link_key)
     where unclaimed_device.link = given.link and unclaimed_device.link_key = given.link_key`,
    links,
  );
}

/** Nothing that calls in from its address is this meter any more; it is offline until it is heard of again. */
export async function leaveAddress(tx: Queryable, marketId: string, meterIds: readonly string[]): Promise<void> {
  await tx.query('delete from device_directory where market_id = $1 and meter_id = any($2::uuid[])', [
    marketId,
    meterIds,
  ]);
  await tx.query(
    `with locked as (
       select meter_id from meter_state where market_id = $1 and meter_id = any($2::uuid[]) order by meter_id for update)
     update meter_state set online = false where market_id = $1 and meter_id in (select meter_id from locked)`,
    [marketId, meterIds],
  );
}

/** Tells the head-end, the collector and the grid that meters came, went or moved. */
export async function tellOfMeters(tx: Tx, marketId: string, meterIds: readonly string[]): Promise<void> {
  const named = meterIds.length <= MAX_METERS_A_SIGNAL ? meterIds : [];
  await tx.notify('device', [marketId, ...named].join(' '));
  await tx.notify('grid', marketId);
}
