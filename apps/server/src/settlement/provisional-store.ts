import type { BillingState, Charge, DayEnd, ValidDay } from '@openprepay/domain';
import type { Fen, MeterKind, NanoYuan, Quantity } from '@openprepay/kernel';
import type { Queryable } from '../platform/database.ts';
import type { CutOff } from './spans.ts';
import { storedUse } from './store.ts';

/** After how long without data a market charges provisionally; null: never. */
export async function provisionalAfterS(db: Queryable, marketId: string): Promise<number | null> {
  const [row] = await db.query<{ provisional_after_s: number | null }>(
    'select provisional_after_s from market where market_id = $1',
    [marketId],
  );
  return row?.provisional_after_s ?? null;
}

/** A meter that an open account has now and that was without data for long at its building's last cut-off. */
export interface SilentMeter {
  readonly meterId: string;
  readonly kind: MeterKind;
  readonly accountId: string;
  readonly stallId: string;
  readonly planId: string | null;
  readonly openedAt: Date;
  readonly settledAt: Date;
  readonly settledValue: Quantity;
  readonly cutOff: Date;
  /** Up to when it is charged, provisionally or by a reading, what was used provisionally, and where its period stands with it. */
  readonly chargedUntil: Date;
  readonly usedSince: Quantity;
  readonly state: BillingState;
}

export interface Silence {
  readonly marketId: string;
  readonly afterS: number;
  /** The last end of a day, week or month of each building. */
  readonly cutOffs: readonly CutOff[];
}

/**
 * Meters after `afterId`, in order of id, of open accounts, that at the last cut-off had been settled to no reading for so long and
 * are not charged up to it yet.
 * @param meterIds only of these; null: all of the market
 */
export async function silentMeters(
  db: Queryable,
  { marketId, afterS, cutOffs }: Silence,
  meterIds: readonly string[] | null,
  afterId: string,
  limit: number,
): Promise<SilentMeter[]> {
  const rows = await db.query<Omit<SilentMeter, 'state'> & BillingState & Record<string, unknown>>(
    `select settled.meter_id as "meterId", meter.kind, account.account_id as "accountId", tenancy.stall_id as "stallId",
            case meter.kind when 'electricity' then account.electricity_plan_id else account.water_plan_id end as "planId",
            settled.opened_at as "openedAt", settled.settled_at as "settledAt", settled.settled_value as "settledValue",
            cut_off.at as "cutOff", coalesce(last.to_at, settled.settled_at) as "chargedUntil",
            coalesce(since.use, 0)::bigint as "usedSince",
            coalesce(last.billing_period, settled.billing_period) as "billingPeriod",
            coalesce(last.period_from, settled.period_from) as "periodFrom",
            coalesce(last.use_before + last.use, settled.period_use) as use,
            coalesce(last.exact_after_nano_yuan, settled.exact_nano_yuan) as exact
     from meter_settlement settled
     join meter on meter.market_id = $1 and meter.meter_id = settled.meter_id
     join meter_binding binding
       on binding.market_id = $1 and binding.meter_id = settled.meter_id and binding.to_at is null
     join stall on stall.market_id = $1 and stall.stall_id = binding.stall_id
     join tenancy
       on tenancy.market_id = $1 and tenancy.stall_id = binding.stall_id and tenancy.to_at is null
      and tenancy.account_id = settled.account_id
     join account on account.market_id = $1 and account.account_id = tenancy.account_id and account.state = 'open'
     join unnest($2::uuid[], $3::timestamptz[]) as cut_off (building_id, at) on cut_off.building_id = stall.building_id
     left join lateral (
       select * from provisional_charge open
       where open.market_id = $1 and open.meter_id = settled.meter_id and open.replaced_at is null
       order by open.from_at desc limit 1) last on true
     left join lateral (
       select sum(open.use) as use from provisional_charge open
       where open.market_id = $1 and open.meter_id = settled.meter_id and open.replaced_at is null) since on true
     where settled.market_id = $1 and settled.meter_id > $5 and ($6::uuid[] is null or settled.meter_id = any($6))
       and settled.opened_at >= greatest(binding.from_at, tenancy.from_at)
       and settled.settled_at + make_interval(secs => $4) <= cut_off.at
       and coalesce(last.to_at, settled.settled_at) < cut_off.at
     order by settled.meter_id limit $7`,
    [
      marketId,
      cutOffs.map(({ buildingId }) => buildingId),
      cutOffs.map(({ at }) => at),
      afterS,
      afterId,
      meterIds,
      limit,
    ],
  );
  return rows.map(({ billingPeriod, periodFrom, use, exact, ...meter }) => ({
    ...meter,
    state: { billingPeriod, periodFrom, use, exact },
  }));
}

/**
 * The last good reading of each whole day before a meter's settled reading, midnight at its end included, since the account has the
 * meter; oldest first.
 * @param lookBackDays how many days
 */
export async function dayEnds(
  db: Queryable,
  marketId: string,
  timeZone: string,
  meters: readonly SilentMeter[],
  lookBackDays: number,
): Promise<Map<string, DayEnd[]>> {
  const rows = await db.query<DayEnd & { meterId: string } & Record<string, unknown>>(
    `select asked.meter_id as "meterId", to_char(local.day, 'YYYY-MM-DD') as day, last.read_at as "readAt", last.total
     from unnest($2::uuid[], $3::timestamptz[], $4::timestamptz[]) as asked (meter_id, opened_at, settled_at)
     cross join generate_series(1, $6::integer) as back (days)
     cross join lateral (
       select date_trunc('day', asked.settled_at at time zone $5) - make_interval(days => back.days) as day) local
     cross join lateral (
       select read_at, total from reading
       where market_id = $1 and meter_id = asked.meter_id and quality = 'good' and read_at >= asked.opened_at
         and read_at > local.day at time zone $5
         and read_at <= (local.day + make_interval(days => 1)) at time zone $5
       order by read_at desc limit 1) last
     order by asked.meter_id, local.day`,
    [
      marketId,
      meters.map(({ meterId }) => meterId),
      meters.map(({ openedAt }) => openedAt),
      meters.map(({ settledAt }) => settledAt),
      timeZone,
      lookBackDays,
    ],
  );
  return Map.groupBy(rows, ({ meterId }) => meterId);
}

export interface StoredProvisional extends Charge {
  readonly provisionalId: string;
  readonly meter: SilentMeter;
  readonly days: readonly ValidDay[];
  /** The provisional charge's own id, or null where nothing was to be taken. */
  readonly txId: string | null;
}

const storedDay = ({ from, to }: ValidDay) => ({
  day: to.day,
  fromAt: from.readAt,
  toAt: to.readAt,
  use: String(to.total - from.total),
});

export async function insertProvisionals(
  tx: Queryable,
  marketId: string,
  at: Date,
  entries: readonly StoredProvisional[],
): Promise<void> {
  await tx.query(
    `insert into provisional_charge (market_id, provisional_id, meter_id, account_id, stall_id, settled_at, from_at, to_at,
                                     days, use, plan_id, plan_version, billing_period, period_from, use_before, uses,
                                     exact_before_nano_yuan, exact_after_nano_yuan, standing_nano_yuan, amount_fen, tx_id,
                                     created_at)
     select $1, t.*, $2
     from unnest($3::uuid[], $4::uuid[], $5::uuid[], $6::uuid[], $7::timestamptz[], $8::timestamptz[], $9::timestamptz[],
                 $10::jsonb[], $11::bigint[], $12::uuid[], $13::integer[], $14::text[], $15::timestamptz[], $16::bigint[],
                 $17::jsonb[], $18::bigint[], $19::bigint[], $20::bigint[], $21::bigint[], $22::uuid[]) as t`,
    [
      marketId,
      at,
      entries.map((entry) => entry.provisionalId),
      entries.map(({ meter }) => meter.meterId),
      entries.map(({ meter }) => meter.accountId),
      entries.map(({ meter }) => meter.stallId),
      entries.map(({ meter }) => meter.settledAt),
      entries.map(({ from }) => from.readAt),
      entries.map(({ to }) => to.readAt),
      entries.map(({ days }) => JSON.stringify(days.map(storedDay))),
      entries.map(({ from, to }) => to.total - from.total),
      entries.map(({ version }) => version.planId),
      entries.map(({ version }) => version.version),
      entries.map(({ after }) => after.billingPeriod),
      entries.map(({ after }) => after.periodFrom),
      entries.map(({ before }) => before.use),
      entries.map(({ uses }) => JSON.stringify(uses.map(storedUse))),
      entries.map(({ before }) => before.exact as NanoYuan),
      entries.map(({ after }) => after.exact),
      entries.map(({ standing }) => standing),
      entries.map(({ amountFen }) => amountFen),
      entries.map(({ txId }) => txId),
    ],
  );
}

/** What is open of one meter, together. */
export interface OpenProvisional {
  readonly meterId: string;
  readonly kind: MeterKind;
  readonly accountId: string;
  readonly settledAt: Date;
  readonly amountFen: Fen;
}

/** What is open of these meters, whose cursors are locked. */
export async function openProvisionals(
  tx: Queryable,
  marketId: string,
  meterIds: readonly string[],
): Promise<OpenProvisional[]> {
  return tx.query<OpenProvisional & Record<string, unknown>>(
    `select meter_id as "meterId", account_id as "accountId", settled_at as "settledAt", sum(amount_fen)::bigint as "amountFen",
            (select kind from meter where meter.market_id = $1 and meter.meter_id = open.meter_id) as kind
     from provisional_charge open
     where market_id = $1 and meter_id = any($2::uuid[]) and replaced_at is null
     group by meter_id, account_id, settled_at
     order by meter_id`,
    [marketId, meterIds],
  );
}

export async function closeProvisionals(
  tx: Queryable,
  marketId: string,
  at: Date,
  replaced: readonly { readonly meterId: string; readonly txId: string | null }[],
): Promise<void> {
  await tx.query(
    `update provisional_charge set replaced_at = $2, replaced_tx_id = replaced.tx_id
     from unnest($3::uuid[], $4::uuid[]) as replaced (meter_id, tx_id)
     where provisional_charge.market_id = $1 and provisional_charge.meter_id = replaced.meter_id
       and provisional_charge.replaced_at is null`,
    [marketId, at, replaced.map(({ meterId }) => meterId), replaced.map(({ txId }) => txId)],
  );
}
