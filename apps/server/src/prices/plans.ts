import type { PriceDraft, PricePlan, PricePlans, PriceVersion } from '@openprepay/contract';
import { energyRange, type PriceRule, parseRule } from '@openprepay/domain';
import { formatPrice } from '@openprepay/kernel';
import { recordAudit } from '../identity/audit.ts';
import type { Context } from '../platform/context.ts';
import type { Queryable } from '../platform/database.ts';
import { capOf, monthOf, shownCap } from './cap.ts';
import { type GridPriceRow, listGridPrices, type MarketPricing, marketPricing } from './cap-store.ts';
import { type DraftRow, listDrafts } from './draft-store.ts';
import { pricesError } from './errors.ts';
import {
  type ListedPlan,
  listPlans,
  listVersions,
  lockPlan,
  metersWithUseBefore,
  moveDefault,
  type VersionRow,
} from './store.ts';

interface Known {
  readonly now: Date;
  readonly market: MarketPricing;
  readonly noted: readonly GridPriceRow[];
}

export async function pricePlans(db: Queryable, marketId: string, now: Date): Promise<PricePlans> {
  const { known, plans } = await readPlans(db, marketId, now, null);
  return { priceCap: known.market.priceCap, plans };
}

/** @throws prices.no_such_plan */
export async function pricePlan(db: Queryable, marketId: string, planId: string, now: Date): Promise<PricePlan> {
  const { plans } = await readPlans(db, marketId, now, planId);
  const [plan] = plans;
  if (plan === undefined) throw noSuchPlan();
  return plan;
}

async function readPlans(db: Queryable, marketId: string, now: Date, planId: string | null) {
  const market = await marketPricing(db, marketId);
  const known: Known = { now, market, noted: await listGridPrices(db, marketId) };
  const plans = await listPlans(db, marketId, planId);
  const versions = Map.groupBy(await listVersions(db, marketId, planId), (version) => version.planId);
  const drafts = new Map((await listDrafts(db, marketId, now, planId)).map((draft) => [draft.planId, draft]));
  return {
    known,
    plans: plans.map((plan) => shownPlan(plan, versions.get(plan.planId) ?? [], drafts.get(plan.planId), known)),
  };
}

function shownPlan(
  { planId, kind, name, marketDefault, accounts }: ListedPlan,
  versions: readonly VersionRow[],
  draft: DraftRow | undefined,
  { now, market, noted }: Known,
): PricePlan {
  const inForce = versions.findLast(({ validFrom }) => validFrom <= now) ?? null;
  const month = monthOf(now, market.timeZone);
  const shownDraft = (row: DraftRow): PriceDraft => {
    const rule = parseRule(row.rule);
    const months = { from: monthOf(row.validFrom, market.timeZone), to: null };
    return {
      draftId: row.draftId,
      validFrom: row.validFrom.toISOString(),
      rule: row.rule,
      ...factsOf(rule),
      createdByName: row.createdByName,
      changedAt: row.changedAt.toISOString(),
      approvalId: row.approvalId,
      cap: shownCap(capOf(rule, kind, months, noted)),
    };
  };
  return {
    planId,
    kind,
    name,
    marketDefault,
    accounts: Number(accounts),
    inForce: inForce?.version ?? null,
    cap: inForce && shownCap(capOf(parseRule(inForce.rule), kind, { from: month, to: month }, noted)),
    versions: versions.map(shownVersion).reverse(),
    draft: draft === undefined ? null : shownDraft(draft),
  };
}

const shownVersion = ({ version, validFrom, rule }: VersionRow): PriceVersion => ({
  version,
  validFrom: validFrom.toISOString(),
  rule,
  ...factsOf(parseRule(rule)),
});

export function factsOf(rule: PriceRule): Pick<PriceVersion, 'ruleKind' | 'lowest' | 'highest' | 'standingPerDay'> {
  const { lowest, highest } = energyRange(rule);
  return {
    ruleKind: rule.kind,
    lowest: formatPrice(lowest),
    highest: formatPrice(highest),
    standingPerDay: rule.standingPerDay === undefined ? null : formatPrice(rule.standingPerDay),
  };
}

/**
 * Accounts without a plan of their own are priced by this one from now on, their use that is not settled yet included.
 * @throws prices.no_such_plan, prices.not_in_force, prices.use_before_it where use from before its first version is not settled
 *   yet: nothing would price it
 */
export async function makeDefault(
  ctx: Context,
  marketId: string,
  planId: string,
  { operatorId, reason }: { readonly operatorId: string; readonly reason: string },
): Promise<void> {
  const at = ctx.clock.now();
  await ctx.db.tx(async (tx) => {
    const plan = await lockPlan(tx, marketId, planId);
    if (plan === null) throw noSuchPlan();
    if (plan.marketDefault) return;
    const [first] = await listVersions(tx, marketId, planId);
    if (first === undefined || first.validFrom > at) {
      throw pricesError('prices.not_in_force', `no version of ${plan.name} is in force`);
    }
    const uncovered = await metersWithUseBefore(tx, marketId, plan.kind, first.validFrom);
    if (uncovered > 0n) {
      const since = first.validFrom.toISOString();
      throw pricesError('prices.use_before_it', `${uncovered} meters have use from before ${since}, settle it first`);
    }
    const before = await moveDefault(tx, marketId, plan);
    await recordAudit(tx, {
      marketId,
      operatorId,
      at,
      action: 'prices.make_default',
      subject: `price_plan:${planId}`,
      reason,
      before: { planId: before },
      after: { planId },
    });
  });
}

export const noSuchPlan = () => pricesError('prices.no_such_plan', 'this market has no such price plan');
