import type { MeterKind } from '@openprepay/kernel';
import type { Queryable } from '../platform/database.ts';

export interface PlanRow {
  readonly planId: string;
  readonly kind: MeterKind;
  readonly name: string;
  readonly marketDefault: boolean;
}

export interface VersionRow {
  readonly planId: string;
  readonly version: number;
  readonly validFrom: Date;
  readonly rule: unknown;
}

export async function insertPlans(tx: Queryable, marketId: string, plans: readonly PlanRow[]): Promise<void> {
  await tx.query(
    `insert into price_plan (market_id, plan_id, kind, name, market_default)
     select $1, * from unnest($2::uuid[], $3::text[], $4::text[], $5::boolean[])`,
    [
      marketId,
      plans.map((plan) => plan.planId),
      plans.map((plan) => plan.kind),
      plans.map((plan) => plan.name),
      plans.map((plan) => plan.marketDefault),
    ],
  );
}

export async function insertVersions(tx: Queryable, marketId: string, versions: readonly VersionRow[]): Promise<void> {
  await tx.query(
    `insert into price_plan_version (market_id, plan_id, version, valid_from, rule)
     select $1, * from unnest($2::uuid[], $3::integer[], $4::timestamptz[], $5::jsonb[])`,
    [
      marketId,
      versions.map((version) => version.planId),
      versions.map((version) => version.version),
      versions.map((version) => version.validFrom),
      versions.map((version) => JSON.stringify(version.rule)),
    ],
  );
}

/** Every version of every plan of a market, or of one, in order of validity. */
export async function listVersions(
  db: Queryable,
  marketId: string,
  planId: string | null = null,
): Promise<(PlanRow & VersionRow)[]> {
  return db.query<PlanRow & VersionRow & Record<string, unknown>>(
    `select plan.plan_id as "planId", plan.kind, plan.name, plan.market_default as "marketDefault",
            version.version, version.valid_from as "validFrom", version.rule
     from price_plan plan
     join price_plan_version version on version.market_id = plan.market_id and version.plan_id = plan.plan_id
     where plan.market_id = $1 and ($2::uuid is null or plan.plan_id = $2)
     order by plan.plan_id, version.valid_from`,
    [marketId, planId],
  );
}

export interface ListedPlan extends PlanRow {
  /** Open accounts that have it as their own. */
  readonly accounts: bigint;
}

/** The plans of a market, or one: those in use before the others, by name. */
export async function listPlans(db: Queryable, marketId: string, planId: string | null): Promise<ListedPlan[]> {
  return db.query<ListedPlan & Record<string, unknown>>(
    `select plan_id as "planId", kind, name, market_default as "marketDefault",
            (select count(*) from account
             where account.market_id = $1 and state = 'open'
               and case kind when 'electricity' then electricity_plan_id else water_plan_id end = plan_id) as accounts
     from price_plan where market_id = $1 and ($2::uuid is null or plan_id = $2)
     order by kind, market_default desc, name`,
    [marketId, planId],
  );
}

/** Locked: one person at a time changes a plan's draft and versions. */
export async function lockPlan(tx: Queryable, marketId: string, planId: string): Promise<PlanRow | null> {
  const [plan] = await tx.query<PlanRow & Record<string, unknown>>(
    `select plan_id as "planId", kind, name, market_default as "marketDefault"
     from price_plan where market_id = $1 and plan_id = $2 for update`,
    [marketId, planId],
  );
  return plan ?? null;
}

export async function isNameTaken(tx: Queryable, marketId: string, name: string): Promise<boolean> {
  const rows = await tx.query('select from price_plan where market_id = $1 and name = $2', [marketId, name]);
  return rows.length > 0;
}

/** The plan that was the default of the kind gives way, in the same statement as the other takes its place. */
export async function moveDefault(tx: Queryable, marketId: string, { kind, planId }: PlanRow): Promise<string | null> {
  const [before] = await tx.query<{ plan_id: string }>(
    'update price_plan set market_default = false where market_id = $1 and kind = $2 and market_default returning plan_id',
    [marketId, kind],
  );
  await tx.query('update price_plan set market_default = true where market_id = $1 and plan_id = $2', [
    marketId,
    planId,
  ]);
  return before?.plan_id ?? null;
}

/** Meters of accounts without a plan of their own whose use from before an instant is not settled yet. */
export async function metersWithUseBefore(
  tx: Queryable,
  marketId: string,
  kind: MeterKind,
  before: Date,
): Promise<bigint> {
  const [row] = await tx.query<{ count: bigint }>(
    `select count(distinct meter.meter_id)
     from tenancy
     join account on account.market_id = $1 and account.account_id = tenancy.account_id and account.state = 'open'
      and case $2 when 'electricity' then electricity_plan_id else water_plan_id end is null
     join meter_binding binding
       on binding.market_id = $1 and binding.stall_id = tenancy.stall_id and binding.to_at is null
     join meter on meter.market_id = $1 and meter.meter_id = binding.meter_id and meter.kind = $2
     left join meter_settlement settled
       on settled.market_id = $1 and settled.meter_id = meter.meter_id and settled.account_id = account.account_id
     cross join lateral (
       select min(read_at) as read_at from reading
       where reading.market_id = $1 and reading.meter_id = meter.meter_id and quality = 'good'
         and read_at >= coalesce(settled.settled_at, greatest(tenancy.from_at, binding.from_at))) first
     where tenancy.market_id = $1 and tenancy.to_at is null and first.read_at < $3`,
    [marketId, kind, before],
  );
  return row?.count ?? 0n;
}
