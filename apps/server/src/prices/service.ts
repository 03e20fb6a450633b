import { parseRule } from '@openprepay/domain';
import type { Queryable } from '../platform/database.ts';
import { pricesError } from './errors.ts';
import { insertPlans, insertVersions, listVersions } from './store.ts';
import type { NewPlan, Plan, PriceBook } from './types.ts';

/**
 * Stores plans with their versions, numbered in order of validity.
 * @throws pricing.bad_rule for a rule that is none, prices.no_versions for a plan without a price
 */
export async function createPlans(tx: Queryable, marketId: string, plans: readonly NewPlan[]): Promise<void> {
  for (const plan of plans) {
    if (plan.versions.length === 0) throw pricesError('prices.no_versions', `price plan ${plan.name} has no price`);
    for (const version of plan.versions) parseRule(version.rule);
  }
  const versions = plans.flatMap(({ planId, versions }) =>
    [...versions]
      .sort((a, b) => a.validFrom.getTime() - b.validFrom.getTime())
      .map((version, index) => ({ planId, version: index + 1, ...version })),
  );
  await insertPlans(tx, marketId, plans);
  await insertVersions(tx, marketId, versions);
}

/** All plans of a market, their rules read. */
export async function priceBook(db: Queryable, marketId: string): Promise<PriceBook> {
  const plans = new Map<string, Plan>();
  for (const [planId, rows] of Map.groupBy(await listVersions(db, marketId), (row) => row.planId)) {
    const versions = rows.map(({ version, validFrom, rule }) => ({
      planId,
      version,
      validFrom,
      rule: parseRule(rule),
    }));
    const [{ kind, name, marketDefault }] = rows as [(typeof rows)[number]];
    plans.set(planId, { planId, kind, name, marketDefault, versions });
  }
  const defaults = new Map([...plans.values()].filter((plan) => plan.marketDefault).map((plan) => [plan.kind, plan]));
  return {
    planFor: (kind, ownPlanId) => (ownPlanId === null ? defaults.get(kind) : plans.get(ownPlanId)) ?? null,
  };
}
