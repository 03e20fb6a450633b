import { type ChargePage, type ChargeQuery, type ChargeRow, MOST_CHARGE_DAYS } from '@openprepay/contract';
import { inBuildings } from '../accounts/index.ts';
import { keysOfDays } from '../ledger/index.ts';
import type { Queryable, Row } from '../platform/database.ts';
import { likeText } from '../platform/like.ts';
import { settlementError } from './errors.ts';

/*
 * What was charged, by the page.
 */

const PAGE_SIZE = 50;
const DAY_MS = 86_400_000;

const SORTS: Readonly<Record<NonNullable<ChargeQuery['sort']>, string>> = {
  at: 'entry.id',
  stall: 'stall.code',
  use: 'entry.use',
  amount: 'entry.amount_fen',
};

/** Keys are in order of time: a span of days is a span of keys, and needs no index of its own. */
const ENTRY = `
  from (
    select charge_id as id, 'charge' as kind, tx_id, created_at, meter_id, account_id, stall_id, from_at, to_at,
           to_value - from_value as use, plan_id, plan_version, amount_fen, null::timestamptz as replaced_at
    from charge where market_id = $1 and charge_id >= $2 and charge_id < $3
    union all
    select provisional_id, 'provisional', tx_id, created_at, meter_id, account_id, stall_id, from_at, to_at, use,
           plan_id, plan_version, amount_fen, replaced_at
    from provisional_charge where market_id = $1 and provisional_id >= $2 and provisional_id < $3
    union all
    select correction_id, 'correction', correction.tx_id, correction.created_at, correction.meter_id,
           correction.account_id, corrected.stall_id, corrected.from_at, corrected.to_at,
           case edge when 'end' then true_value - said_value else said_value - true_value end,
           correction.plan_id, correction.plan_version, correction.amount_fen, null
    from charge_correction correction
    join charge corrected on corrected.market_id = $1 and corrected.charge_id = correction.charge_id
    where correction.market_id = $1 and correction_id >= $2 and correction_id < $3
  ) entry
  join meter on meter.market_id = $1 and meter.meter_id = entry.meter_id
  join account on account.market_id = $1 and account.account_id = entry.account_id
  join stall on stall.market_id = $1 and stall.stall_id = entry.stall_id
  where ($4::text is null or entry.kind = $4)
    and ($5::text is null or meter.kind = $5)
    and ($6::uuid is null or entry.account_id = $6)
    and ($8::boolean is null or (entry.tx_id is not null) = $8)
    and ($7::text is null or stall.code ilike '%' || $7 || '%' or meter.serial ilike '%' || $7 || '%'
         or account.number ilike '%' || $7 || '%' or account.customer_name ilike '%' || $7 || '%')
    and ${inBuildings('account', '$9')}`;

type ChargeColumns = Omit<ChargeRow, 'at' | 'fromAt' | 'toAt' | 'use' | 'amountFen' | 'replacedAt'> & {
  readonly at: Date;
  readonly fromAt: Date;
  readonly toAt: Date;
  readonly use: bigint;
  readonly amountFen: bigint;
  readonly replacedAt: Date | null;
} & Row;

/**
 * Charges, provisional ones and corrections that were posted on days of the market's zone, newest first where nothing is
 * said, with what all that fit come to; of accounts in some buildings alone where those are given.
 * @throws settlement.no_such_market, settlement.span_too_long beyond 62 days
 */
export async function listCharges(
  db: Queryable,
  marketId: string,
  query: ChargeQuery,
  buildingIds: readonly string[] | null = null,
): Promise<ChargePage> {
  const { sort = 'at', descending = query.sort === undefined, page = 1, pageSize = PAGE_SIZE } = query;
  const [from, to] = await keysOf(db, marketId, query);
  const filters = [
    marketId,
    from,
    to,
    query.kind ?? null,
    query.medium ?? null,
    query.accountId ?? null,
    likeText(query.text),
    query.posted ?? null,
    buildingIds,
  ];
  const [sum] = await db.query<{ total: bigint; amount: bigint; electricity: bigint; water: bigint }>(
    `select count(*) as total, coalesce(sum(amount_fen) filter (where replaced_at is null), 0)::bigint as amount,
            coalesce(sum(use) filter (where replaced_at is null and meter.kind = 'electricity'), 0)::bigint as electricity,
            coalesce(sum(use) filter (where replaced_at is null and meter.kind = 'water'), 0)::bigint as water
     ${ENTRY}`,
    filters,
  );
  const order = `${SORTS[sort]} ${descending ? 'desc' : 'asc'}, entry.id desc`;
  const rows = await db.query<ChargeColumns>(
    `with page as (
       select entry.*, meter.serial, meter.kind as medium, account.number, account.customer_name, stall.code,
              row_number() over (order by ${order}) as n
       ${ENTRY} order by ${order} limit $10 offset $11)
     select page.id as "chargeId", page.kind, page.tx_id as "txId", page.created_at as at, page.code as "stallCode",
            page.meter_id as "meterId", page.serial as "meterSerial", page.medium, page.account_id as "accountId",
            page.number as "accountNumber", page.customer_name as "customerName", page.from_at as "fromAt",
            page.to_at as "toAt", page.use, plan.name as "planName", page.plan_version as "planVersion",
            page.amount_fen as "amountFen", page.replaced_at as "replacedAt",
            exists (select from charge_correction correction
                    where correction.market_id = $1 and correction.charge_id = page.id) as corrected
     from page
     join price_plan plan on plan.market_id = $1 and plan.plan_id = page.plan_id
     order by page.n`,
    [...filters, pageSize, (page - 1) * pageSize],
  );
  return {
    total: Number(sum?.total ?? 0),
    amountFen: Number(sum?.amount ?? 0),
    use: { electricity: Number(sum?.electricity ?? 0), water: Number(sum?.water ?? 0) },
    charges: rows.map(rowOf),
  };
}

/** @throws settlement.no_such_market, settlement.span_too_long */
async function keysOf(db: Queryable, marketId: string, { from, to }: ChargeQuery): Promise<[string, string]> {
  if ((Date.parse(to) - Date.parse(from)) / DAY_MS >= MOST_CHARGE_DAYS) {
    throw settlementError('settlement.span_too_long', `at most ${MOST_CHARGE_DAYS} days at once`);
  }
  const keys = await keysOfDays(db, marketId, { from, to });
  if (!keys) throw settlementError('settlement.no_such_market', `no market ${marketId}`);
  return keys;
}

const rowOf = (row: ChargeColumns): ChargeRow => ({
  ...row,
  at: row.at.toISOString(),
  fromAt: row.fromAt.toISOString(),
  toAt: row.toAt.toISOString(),
  use: Number(row.use),
  amountFen: Number(row.amountFen),
  replacedAt: row.replacedAt?.toISOString() ?? null,
});
