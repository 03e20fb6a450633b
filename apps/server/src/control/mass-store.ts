import type { MassQuery, MassSelect, MassSkip, MassSwitch } from '@openprepay/contract';
import type { ReportedSwitch } from '@openprepay/domain';
import type { Queryable, Row } from '../platform/database.ts';
import { likeText } from '../platform/like.ts';
import type { MassOrder, MassProgress } from './mass-plan.ts';

const PAGE_SIZE = 50;

/** A meter and where it is, as a person knows it. */
export interface MeterPlace {
  readonly meterId: string;
  readonly serial: string;
  readonly kind: 'electricity' | 'water';
  readonly isRetired: boolean;
  readonly stallId: string | null;
  readonly stallCode: string | null;
  readonly building: string | null;
  readonly customerName: string | null;
  readonly online: boolean;
  readonly switchState: ReportedSwitch;
}

const PLACE_COLUMNS = `meter.meter_id as "meterId", meter.serial, meter.kind, meter.retired_at is not null as "isRetired",
  stall.stall_id as "stallId", stall.code as "stallCode", building.name as building,
  account.customer_name as "customerName", coalesce(state.online, false) as online,
  coalesce(state.switch_state, 'unknown') as "switchState"`;

/** Needs `meter` before it. */
const WITH_PLACE = `
  left join meter_binding binding
    on binding.market_id = meter.market_id and binding.meter_id = meter.meter_id and binding.to_at is null
  left join stall on stall.market_id = binding.market_id and stall.stall_id = binding.stall_id
  left join building on building.market_id = stall.market_id and building.building_id = stall.building_id
  left join tenancy
    on tenancy.market_id = stall.market_id and tenancy.stall_id = stall.stall_id and tenancy.to_at is null
  left join account on account.market_id = tenancy.market_id and account.account_id = tenancy.account_id
  left join meter_state state on state.market_id = meter.market_id and state.meter_id = meter.meter_id
  left join meter_control control on control.market_id = meter.market_id and control.meter_id = meter.meter_id`;

/** The meters that are meant, by stall. Those that are retired only where they are named. */
export function selectMeters(db: Queryable, marketId: string, select: MassSelect): Promise<MeterPlace[]> {
  const meterIds = 'meterIds' in select ? select.meterIds : null;
  const stallIds = 'stallIds' in select ? select.stallIds : null;
  const filter: Extract<MassSelect, { filter: unknown }>['filter'] = 'filter' in select ? select.filter : {};
  const kind = 'stallIds' in select ? select.kind : filter.kind;
  return db.query<MeterPlace & Row>(
    `select ${PLACE_COLUMNS}
     from meter ${WITH_PLACE}
     where meter.market_id = $1
       and ($2::uuid[] is not null or meter.retired_at is null)
       and ($2::uuid[] is null or meter.meter_id = any($2))
       and ($3::uuid[] is null or stall.stall_id = any($3))
       and ($4::text is null or building.name = $4)
       and ($5::text is null or meter.kind = $5)
       and ($6::text is null or stall.stall_type = $6)
       and ($7::text is null or coalesce(state.switch_state, 'unknown') = $7)
       and ($8::text is null or coalesce(control.override, 'auto') = $8)
     order by stall.code nulls last, meter.serial`,
    [
      marketId,
      meterIds,
      stallIds,
      filter.building ?? null,
      kind ?? null,
      filter.stallType ?? null,
      filter.switchState ?? null,
      filter.override ?? null,
    ],
  );
}

export interface StoredMass extends MassOrder {
  readonly massId: string;
  readonly reason: string;
  readonly operatorId: string;
  readonly listHash: string;
  readonly executedAt: Date | null;
}

/** @returns whether it is new; one that is just being written is waited for */
export async function insertMass(tx: Queryable, marketId: string, mass: StoredMass, at: Date): Promise<boolean> {
  const inserted = await tx.query(
    `insert into mass_switch (market_id, mass_id, override, until, include_protected, reason, operator_id, list_hash, at)
     values ($1, $2, $3, $4, $5, $6, $7, $8, $9)
     on conflict (market_id, mass_id) do nothing returning 1`,
    [
      marketId,
      mass.massId,
      mass.override,
      mass.until,
      mass.includeProtected,
      mass.reason,
      mass.operatorId,
      mass.listHash,
      at,
    ],
  );
  return inserted.length > 0;
}

export async function insertMassMeters(
  tx: Queryable,
  marketId: string,
  massId: string,
  meters: readonly { readonly meterId: string; readonly skip: MassSkip | null }[],
): Promise<void> {
  await tx.query(
    `insert into mass_switch_meter (market_id, mass_id, meter_id, skipped)
     select $1, $2, meter_id, skipped from unnest($3::uuid[], $4::text[]) as given (meter_id, skipped)`,
    [marketId, massId, meters.map(({ meterId }) => meterId), meters.map(({ skip }) => skip)],
  );
}

/** Locked, so that a mass is executed, taken back and tried again by one at a time. */
export async function lockMass(tx: Queryable, marketId: string, massId: string): Promise<StoredMass | null> {
  const [mass] = await tx.query<StoredMass & Row>(
    `select mass_id as "massId", override, until, include_protected as "includeProtected", reason,
            operator_id as "operatorId", list_hash as "listHash", executed_at as "executedAt"
     from mass_switch where market_id = $1 and mass_id = $2 for update`,
    [marketId, massId],
  );
  return mass ?? null;
}

/** The meters that a mass tells, with the count of changes of mind that it left each at. */
export function toldMeters(
  db: Queryable,
  marketId: string,
  massId: string,
): Promise<{ meterId: string; wantedSeq: bigint | null }[]> {
  return db.query(
    `select meter_id as "meterId", wanted_seq as "wantedSeq" from mass_switch_meter
     where market_id = $1 and mass_id = $2 and skipped is null order by meter_id`,
    [marketId, massId],
  );
}

export async function saveSkips(
  tx: Queryable,
  marketId: string,
  massId: string,
  skips: ReadonlyMap<string, MassSkip>,
): Promise<void> {
  await tx.query(
    `update mass_switch_meter set skipped = given.skipped
     from unnest($3::uuid[], $4::text[]) as given (meter_id, skipped)
     where market_id = $1 and mass_id = $2 and mass_switch_meter.meter_id = given.meter_id`,
    [marketId, massId, [...skips.keys()], [...skips.values()]],
  );
}

export async function markExecuted(tx: Queryable, marketId: string, massId: string, at: Date): Promise<void> {
  await tx.query('update mass_switch set executed_at = $3 where market_id = $1 and mass_id = $2', [
    marketId,
    massId,
    at,
  ]);
  await tx.query(
    `update mass_switch_meter told set wanted_seq = control.wanted_seq
     from meter_control control
     where told.market_id = $1 and told.mass_id = $2 and told.skipped is null
       and control.market_id = told.market_id and control.meter_id = told.meter_id`,
    [marketId, massId],
  );
}

export async function markCancelled(
  tx: Queryable,
  marketId: string,
  massId: string,
  meterIds: readonly string[],
  at: Date,
): Promise<void> {
  await tx.query(
    `update mass_switch_meter set cancelled_at = $4
     where market_id = $1 and mass_id = $2 and meter_id = any($3::uuid[])`,
    [marketId, massId, meterIds, at],
  );
}

export type MassLine = Omit<MassSwitch, 'until' | 'at' | 'executedAt'> & {
  readonly until: Date | null;
  readonly at: Date;
  readonly executedAt: Date | null;
};

/** A cut is refused where its approval is over and it was not executed. */
const MASSES = `
  from (
    select mass.*, operator.name as operator_name,
           case when mass.executed_at is not null then 'executed'
                when approval.state in ('rejected', 'withdrawn') or approval.expires_at <= $2 then 'refused'
                else 'asked' end as state, meters.told, meters.skipped
    from mass_switch mass
    left join operator on operator.operator_id = mass.operator_id
    left join approval on approval.market_id = mass.market_id and approval.approval_id = mass.mass_id
    cross join lateral (
      select count(*) filter (where skipped is null) as told, count(skipped) as skipped from mass_switch_meter one
      where one.market_id = mass.market_id and one.mass_id = mass.mass_id and ($3::uuid[] is null or exists (
        select from meter_binding binding join stall using (market_id, stall_id)
        where binding.market_id = $1 and binding.meter_id = one.meter_id and binding.to_at is null
          and stall.building_id = any($3)))) meters
    where mass.market_id = $1 and ($3::uuid[] is null or meters.told + meters.skipped > 0)) mass`;

const MASS_COLUMNS = `mass.mass_id as "massId", mass.override, mass.until, mass.include_protected as "includeProtected",
  mass.reason, mass.operator_name as "operatorName", mass.at, mass.executed_at as "executedAt", mass.state, mass.told,
  mass.skipped`;

const MATCHING = `
  ${MASSES}
  join market on market.market_id = $1
  where ($4::text is null or mass.override = $4)
    and ($5::text is null or mass.state = $5)
    and ($6::date is null or mass.at >= $6::date::timestamp at time zone market.time_zone)
    and ($7::date is null or mass.at < ($7::date + 1)::timestamp at time zone market.time_zone)
    and ($8::text is null or mass.reason ilike '%' || $8 || '%' or mass.operator_name ilike '%' || $8 || '%')`;

const SORTS: Readonly<Record<NonNullable<MassQuery['sort']>, string>> = { at: 'mass.at', told: 'mass.told' };

type MassColumns = Row & Omit<MassLine, 'told' | 'skipped'> & { readonly told: bigint; readonly skipped: bigint };
const massOf = (row: MassColumns): MassLine => ({ ...row, told: Number(row.told), skipped: Number(row.skipped) });

/** In the order asked, newest first where nothing is said, with how many there are in all. */
export async function selectMasses(
  db: Queryable,
  marketId: string,
  now: Date,
  query: MassQuery,
  buildingIds: readonly string[] | null,
): Promise<{ total: number; masses: MassLine[] }> {
  const { sort = 'at', descending = query.sort === undefined, page = 1, pageSize = PAGE_SIZE } = query;
  const filters = [
    marketId,
    now,
    buildingIds,
    query.override ?? null,
    query.state ?? null,
    query.from ?? null,
    query.to ?? null,
    likeText(query.text),
  ];
  const [counted] = await db.query<{ total: bigint }>(`select count(*) as total ${MATCHING}`, filters);
  const rows = await db.query<MassColumns>(
    `select ${MASS_COLUMNS} ${MATCHING}
     order by ${SORTS[sort]} ${descending ? 'desc' : 'asc'}, mass.mass_id desc limit $9 offset $10`,
    [...filters, pageSize, (page - 1) * pageSize],
  );
  return { total: Number(counted?.total ?? 0), masses: rows.map(massOf) };
}

export async function selectMass(
  db: Queryable,
  marketId: string,
  now: Date,
  massId: string,
  buildingIds: readonly string[] | null,
): Promise<MassLine | null> {
  const [row] = await db.query<MassColumns>(`select ${MASS_COLUMNS} ${MASSES} where mass.mass_id = $4`, [
    marketId,
    now,
    buildingIds,
    massId,
  ]);
  return row ? massOf(row) : null;
}

export interface MassLineRow extends MeterPlace, MassProgress {
  readonly wanted: 'on' | 'off' | null;
  readonly sentAt: Date | null;
  readonly finishedAt: Date | null;
  readonly outcome: string | null;
  /** The override of the mass is the meter's still. */
  readonly isInForce: boolean;
  /** What is wanted of the meter has not changed since. */
  readonly isLatest: boolean;
}

/** Every meter of a mass with the last command by its order, by stall. */
export function selectMassRows(
  db: Queryable,
  marketId: string,
  massId: string,
  buildingIds: readonly string[] | null = null,
): Promise<MassLineRow[]> {
  return db.query<MassLineRow & Row>(
    `select ${PLACE_COLUMNS}, told.skipped as skip, told.cancelled_at is not null as "isCancelled",
            command.state as "commandState", command.created_at as "commandAt", command.next_attempt_at as "dueAt",
            command.wanted, command.sent_at as "sentAt", command.finished_at as "finishedAt",
            case when command.state in ('failed', 'expired') then coalesce(
              (select attempt.outcome from command_attempt attempt
               where attempt.market_id = command.market_id and attempt.command_id = command.command_id
               order by attempt.attempt desc, attempt.at desc limit 1), command.outcome) end as outcome,
            coalesce(control.override = mass.override and control.override_at = mass.executed_at, false) as "isInForce",
            coalesce(control.wanted_seq = told.wanted_seq, false) as "isLatest"
     from mass_switch_meter told
     join mass_switch mass on mass.market_id = told.market_id and mass.mass_id = told.mass_id
     join meter on meter.market_id = told.market_id and meter.meter_id = told.meter_id ${WITH_PLACE}
     left join lateral (
       select * from command
       where command.market_id = told.market_id and command.meter_id = told.meter_id and command.kind = 'switch'
         and command.wanted_seq = told.wanted_seq
       order by command.created_at desc, command.finished_at desc nulls first limit 1) command on true
     where told.market_id = $1 and told.mass_id = $2 and ($3::uuid[] is null or stall.building_id = any($3))
     order by stall.code nulls last, meter.serial`,
    [marketId, massId, buildingIds],
  );
}
