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

/** Every version of every plan of a market, in order of validity. */
export async function listVersions(db: Queryable, marketId: string): Promise<(PlanRow & VersionRow)[]> {
  return db.query<PlanRow & VersionRow & Record<string, unknown>>(
    `select plan.plan_id as "planId", plan.kind, plan.name, plan.market_default as "marketDefault",
            version.version, version.valid_from as "validFrom", version.rule
     from price_plan plan
     join price_plan_version version on version.market_id = plan.market_id and version.plan_id = plan.plan_id
     where plan.market_id = $1
     order by plan.plan_id, version.valid_from`,
    [marketId],
  );
}
