import type { Queryable } from '../../platform/database.ts';
import { limitsOf } from '../../readings/judgement.ts';
import { openWays, wayKey } from '../places.ts';
import type { Draft, RowError } from './rows.ts';

/*
 * Rows against each other and against what the register has, a few statements for all of them.
 */

/** A draft whose stall is found. */
export interface Ready extends Draft {
  readonly stallId: string | null;
}

export interface Compared {
  readonly ready: readonly Ready[];
  /** Rows of meters that are in the register exactly like this. */
  readonly unchanged: number;
  readonly errors: readonly RowError[];
}

interface KnownMeter extends Record<string, unknown> {
  readonly serial: string;
  readonly kind: string;
  readonly model: string;
  readonly ctRatio: number;
  readonly link: string;
  readonly linkKey: string;
  readonly busAddress: string;
  readonly access: Readonly<Record<string, string>>;
  readonly stall: string | null;
}

const addressOf = ({ link, linkKey, busAddress }: Pick<Draft, 'linkKey' | 'busAddress'> & { link: string }) =>
  JSON.stringify([link, linkKey, busAddress]);

export async function compare(db: Queryable, marketId: string, drafts: readonly Draft[]): Promise<Compared> {
  const known = await knownMeters(db, marketId, drafts);
  const taken = await takenAddresses(db, marketId, drafts);
  const ways = await openWays(db, marketId, drafts);
  const stalls = await stallsByCode(db, marketId, drafts);
  const serials = firstOf(drafts, (draft) => draft.serial);
  const addresses = firstOf(drafts, addressOf);
  const ready: Ready[] = [];
  const errors: RowError[] = [];
  let unchanged = 0;
  for (const draft of drafts) {
    const { row } = draft;
    const found: RowError[] = [];
    const refuse = (column: RowError['column'], code: RowError['code'], message: string) =>
      found.push({ row, column, code, message });
    const same = known.get(draft.serial);
    const twin = serials.get(draft.serial) ?? row;
    if (twin !== row) refuse('serial', 'devices.twice_in_file', `row ${twin} has this serial too`);
    else if (same) {
      const other = whatDiffers(same, draft);
      if (other === null) {
        unchanged += 1;
        continue;
      }
      refuse(other, 'devices.serial_in_use', 'a meter of this serial is in the register, but differs here');
    } else {
      const neighbour = addresses.get(addressOf(draft)) ?? row;
      if (neighbour !== row) refuse('busAddress', 'devices.twice_in_file', `row ${neighbour} has this address too`);
      else if (taken.has(addressOf(draft)))
        refuse('busAddress', 'devices.address_in_use', 'another meter has this address');
      if (!ways.has(wayKey(draft))) {
        const code = draft.link === 'nb' ? 'devices.unknown_product' : 'devices.unknown_gateway';
        refuse('linkKey', code, 'this market has no such gateway or product: enter it first');
      }
      const modulus = limitsOf(draft).modulus;
      if (draft.start !== null && modulus !== null && draft.start >= modulus) {
        refuse('start', 'devices.cell_not_understood', `the register of a ${draft.model} wraps before this value`);
      }
      if (draft.stall !== null && !stalls.has(draft.stall)) {
        refuse('stall', 'devices.no_such_stall', `this market has no stall ${draft.stall}`);
      }
    }
    if (found.length > 0) errors.push(...found);
    else ready.push({ ...draft, stallId: draft.stall === null ? null : (stalls.get(draft.stall) ?? null) });
  }
  return { ready, unchanged, errors };
}

function firstOf(drafts: readonly Draft[], keyOf: (draft: Draft) => string): ReadonlyMap<string, number> {
  const first = new Map<string, number>();
  for (const draft of drafts) if (!first.has(keyOf(draft))) first.set(keyOf(draft), draft.row);
  return first;
}

/** The first column in which a row says something else than the register; null where it says the same. */
function whatDiffers(known: KnownMeter, draft: Draft): RowError['column'] {
  const columns = ['kind', 'model', 'ctRatio', 'link', 'linkKey', 'busAddress'] as const;
  const other = columns.find((column) => known[column] !== draft[column]);
  if (other) return other;
  if (draft.stall !== known.stall && draft.stall !== null) return 'stall';
  const access = (['password', 'operator'] as const).find(
    (key) => draft.access[key] !== undefined && draft.access[key] !== known.access[key],
  );
  return access ?? null;
}

async function knownMeters(
  db: Queryable,
  marketId: string,
  drafts: readonly Draft[],
): Promise<ReadonlyMap<string, KnownMeter>> {
  const rows = await db.query<KnownMeter>(
    `select meter.serial, meter.kind, meter.model, meter.ct_ratio as "ctRatio", meter.link, meter.link_key as "linkKey",
            meter.bus_address as "busAddress", meter.access, stall.code as stall
     from meter
     left join meter_binding binding
       on binding.market_id = meter.market_id and binding.meter_id = meter.meter_id and binding.to_at is null
     left join stall on stall.market_id = binding.market_id and stall.stall_id = binding.stall_id
     where meter.market_id = $1 and meter.serial = any($2) and meter.retired_at is null`,
    [marketId, drafts.map((draft) => draft.serial)],
  );
  return new Map(rows.map((row) => [row.serial, row]));
}

/** Addresses that a meter has already; all behind a device of another market are. */
async function takenAddresses(db: Queryable, marketId: string, drafts: readonly Draft[]): Promise<ReadonlySet<string>> {
  const rows = await db.query<{ link: string; linkKey: string; busAddress: string }>(
    `select distinct given.link, given.link_key as "linkKey", given.bus_address as "busAddress"
     from unnest($2::text[], $3::text[], $4::text[]) as given (link, link_key, bus_address)
     join device_directory entry
       on entry.link = given.link and entry.link_key = given.link_key
      and (entry.bus_address = given.bus_address or entry.market_id <> $1)`,
    [
      marketId,
      drafts.map((draft) => draft.link),
      drafts.map((draft) => draft.linkKey),
      drafts.map((draft) => draft.busAddress),
    ],
  );
  return new Set(rows.map(addressOf));
}

async function stallsByCode(
  db: Queryable,
  marketId: string,
  drafts: readonly Draft[],
): Promise<ReadonlyMap<string, string>> {
  const rows = await db.query<{ code: string; stall_id: string }>(
    'select code, stall_id from stall where market_id = $1 and code = any($2)',
    [marketId, drafts.flatMap((draft) => draft.stall ?? [])],
  );
  return new Map(rows.map((row) => [row.code, row.stall_id]));
}
