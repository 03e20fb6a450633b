import type { MeterKind, Quantity } from '@openprepay/kernel';
import type { Queryable } from '../platform/database.ts';

export interface HandedMeter {
  readonly meterId: string;
  readonly serial: string;
  readonly kind: MeterKind;
  /** At the stall now; else another one has taken its place since. */
  readonly isThere: boolean;
  readonly lastReadAt: Date | null;
  readonly onHold: boolean;
  /** Without data for so long that it is charged by its average. */
  readonly isSilent: boolean;
}

/** The meters at stalls now, and those that were there in the time of the account that has them, in order of id. */
export async function metersToHandOver(
  db: Queryable,
  marketId: string,
  stallIds: readonly string[],
): Promise<HandedMeter[]> {
  return db.query<HandedMeter & Record<string, unknown>>(
    `select meter.meter_id as "meterId", meter.serial, meter.kind, bool_or(binding.to_at is null) as "isThere",
            (select max(read_at) from reading
             where reading.market_id = $1 and reading.meter_id = meter.meter_id and quality = 'good') as "lastReadAt",
            exists (select from hold where hold.market_id = $1 and hold.meter_id = meter.meter_id
                    and released_at is null) as "onHold",
            exists (select from provisional_charge silent where silent.market_id = $1
                    and silent.meter_id = meter.meter_id and replaced_at is null) as "isSilent"
     from meter_binding binding
     join meter on meter.market_id = $1 and meter.meter_id = binding.meter_id
     left join tenancy on tenancy.market_id = $1 and tenancy.stall_id = binding.stall_id and tenancy.to_at is null
     where binding.market_id = $1 and binding.stall_id = any($2::uuid[])
       and (binding.to_at is null or binding.to_at > tenancy.from_at)
     group by meter.meter_id, meter.serial, meter.kind
     order by meter.meter_id`,
    [marketId, stallIds],
  );
}

/** Those of the stalls that are not there, and those that an account has, by what a person calls them. */
export async function unusableStalls(
  db: Queryable,
  marketId: string,
  stallIds: readonly string[],
): Promise<{ readonly missing: readonly string[]; readonly occupied: readonly string[] }> {
  const rows = await db.query<{ stall_id: string; code: string | null }>(
    `select asked.stall_id, stall.code
     from unnest($2::uuid[]) as asked (stall_id)
     left join stall on stall.market_id = $1 and stall.stall_id = asked.stall_id
     left join tenancy on tenancy.market_id = $1 and tenancy.stall_id = asked.stall_id and tenancy.to_at is null
     where stall.stall_id is null or tenancy.tenancy_id is not null
     order by stall.code`,
    [marketId, stallIds],
  );
  return {
    missing: rows.flatMap(({ stall_id, code }) => (code === null ? [stall_id] : [])),
    occupied: rows.flatMap(({ code }) => (code === null ? [] : [code])),
  };
}

export interface MoveOutRow {
  readonly moveOutId: string;
  readonly accountId: string;
  readonly nextAccountId: string | null;
  readonly stallIds: readonly string[];
  readonly at: Date;
  readonly statement: unknown;
  readonly drawnAt: Date | null;
  readonly note: string;
}

const MOVE_OUT = `move_out_id as "moveOutId", account_id as "accountId", next_account_id as "nextAccountId",
  stall_ids as "stallIds", at, statement, drawn_at as "drawnAt", note`;

/** Of an account, newest first. */
export async function moveOutsOf(db: Queryable, marketId: string, accountId: string): Promise<MoveOutRow[]> {
  return db.query<MoveOutRow & Record<string, unknown>>(
    `select ${MOVE_OUT} from move_out where market_id = $1 and account_id = $2 order by at desc, move_out_id desc`,
    [marketId, accountId],
  );
}

export async function findMoveOut(db: Queryable, marketId: string, moveOutId: string): Promise<MoveOutRow | null> {
  const [row] = await db.query<MoveOutRow & Record<string, unknown>>(
    `select ${MOVE_OUT} from move_out where market_id = $1 and move_out_id = $2`,
    [marketId, moveOutId],
  );
  return row ?? null;
}

export async function insertMoveOut(
  tx: Queryable,
  marketId: string,
  operatorId: string,
  row: Omit<MoveOutRow, 'statement' | 'drawnAt'>,
): Promise<void> {
  await tx.query(
    `insert into move_out (market_id, move_out_id, account_id, next_account_id, at, stall_ids, operator_id, note)
     values ($1, $2, $3, $4, $5, $6, $7, $8)`,
    [marketId, row.moveOutId, row.accountId, row.nextAccountId, row.at, row.stallIds, operatorId, row.note],
  );
}

/** Once: what is drawn up never changes. */
export async function freezeStatement(
  tx: Queryable,
  marketId: string,
  moveOutId: string,
  statement: object,
  drawnAt: Date,
): Promise<void> {
  await tx.query(
    `update move_out set statement = $3, drawn_at = $4
     where market_id = $1 and move_out_id = $2 and statement is null`,
    [marketId, moveOutId, JSON.stringify(statement), drawnAt],
  );
}

export interface SpanRow {
  readonly meterId: string;
  readonly serial: string;
  readonly kind: MeterKind;
  readonly stall: string;
  readonly fromReadAt: Date;
  readonly fromTotal: Quantity;
  readonly fromEstimated: boolean;
  readonly toReadAt: Date;
  readonly toTotal: Quantity;
  readonly toEstimated: boolean;
  readonly chargedFen: bigint;
}

/**
 * Each meter in an account's time at stalls that ended at an instant: its first and last reading of that time, and what was
 * charged between them, corrections among it.
 */
export async function meterSpans(
  db: Queryable,
  marketId: string,
  { accountId, stallIds, at }: Pick<MoveOutRow, 'accountId' | 'stallIds' | 'at'>,
): Promise<SpanRow[]> {
  return db.query<SpanRow & Record<string, unknown>>(
    `with span as (
       select binding.meter_id, stall.code, greatest(binding.from_at, tenancy.from_at) as from_at,
              least(binding.to_at, tenancy.to_at) as to_at
       from tenancy
       join stall on stall.market_id = $1 and stall.stall_id = tenancy.stall_id
       join meter_binding binding on binding.market_id = $1 and binding.stall_id = tenancy.stall_id
       where tenancy.market_id = $1 and tenancy.account_id = $2 and tenancy.stall_id = any($3::uuid[])
         and tenancy.to_at = $4
         and greatest(binding.from_at, tenancy.from_at) < least(binding.to_at, tenancy.to_at)
     )
     select meter.meter_id as "meterId", meter.serial, meter.kind, span.code as stall,
            first.read_at as "fromReadAt", first.total as "fromTotal", first.estimated as "fromEstimated",
            last.read_at as "toReadAt", last.total as "toTotal", last.estimated as "toEstimated",
            (select coalesce(sum(charge.amount_fen + coalesce(corrected.amount_fen, 0)), 0)::bigint
             from charge
             left join lateral (
               select sum(amount_fen) as amount_fen from charge_correction
               where charge_correction.market_id = $1 and charge_correction.charge_id = charge.charge_id) corrected on true
             where charge.market_id = $1 and charge.meter_id = span.meter_id and charge.account_id = $2
               and charge.from_at >= span.from_at and charge.to_at <= span.to_at) as "chargedFen"
     from span
     join meter on meter.market_id = $1 and meter.meter_id = span.meter_id
     cross join lateral (
       select read_at, total, origin = 'estimated' as estimated from reading
       where market_id = $1 and reading.meter_id = span.meter_id and quality = 'good' and read_at >= span.from_at
         and read_at <= span.to_at
       order by read_at limit 1) first
     cross join lateral (
       select read_at, total, origin = 'estimated' as estimated from reading
       where market_id = $1 and reading.meter_id = span.meter_id and quality = 'good' and read_at >= span.from_at
         and read_at <= span.to_at
       order by read_at desc limit 1) last
     order by span.code, meter.kind, span.from_at`,
    [marketId, accountId, stallIds, at],
  );
}

/** What moved in all purses of an account in its whole time, by kind of transaction; what moved among them only is no kind. */
export async function movementsOf(
  db: Queryable,
  marketId: string,
  accountId: string,
): Promise<{ readonly kind: string; readonly amountFen: bigint }[]> {
  return db.query(
    `select tx.kind, sum(amount_fen)::bigint as "amountFen"
     from posting join ledger_tx tx using (market_id, tx_id)
     where posting.market_id = $1 and posting.account_id = $2
     group by tx.kind having sum(amount_fen) <> 0 order by tx.kind`,
    [marketId, accountId],
  );
}

export async function stallCodes(db: Queryable, marketId: string, stallIds: readonly string[]): Promise<string[]> {
  const rows = await db.query<{ code: string }>(
    'select code from stall where market_id = $1 and stall_id = any($2::uuid[]) order by code',
    [marketId, stallIds],
  );
  return rows.map(({ code }) => code);
}
