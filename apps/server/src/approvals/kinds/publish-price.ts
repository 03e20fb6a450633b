import type { ApprovalFacts } from '@openprepay/contract';
import { type CapFinding, energyRange, PASS_THROUGH, type PriceRule, parseRule, unitPrices } from '@openprepay/domain';
import { formatPrice } from '@openprepay/kernel';
import type { Database } from '../../platform/database.ts';
import { publishDraft, requirePublishable, runShadow, type ShadowQuestion } from '../../prices/index.ts';
import type { ActOf, Kind } from '../types.ts';

type Act = ActOf<'publish_price'>;

const roles = ['admin', 'manager', 'finance'] as const;
const named = (marketId: string, { planId, draftId, changedAt }: Act) => ({
  marketId,
  planId,
  draftId,
  changedAt: new Date(changedAt),
});

/** A draft becomes the next version of its price plan. Nobody publishes alone what others pay. */
export const publishPriceKind: Kind<Act> = {
  requesters: roles,
  deciders: roles,
  async survey(db, { marketId, act, at }) {
    if (act.shadow === null) return {};
    const { month, chargedBy } = act.shadow;
    const { plan, rule } = await db.tx((tx) => requirePublishable(tx, named(marketId, act), at, null));
    return shadowFacts(db, { marketId, kind: plan.kind, rule, month, chargedBy, limit: 1 }, at);
  },
  async prepare(tx, { marketId, act, at }) {
    const { plan, draft, rule, last, priceCap, cap } = await requirePublishable(tx, named(marketId, act), at, null);
    const before = last && energyRange(parseRule(last.rule));
    const after = energyRange(rule);
    return {
      subject: `price_plan:${act.planId}`,
      facts: told({
        planName: plan.name,
        meterKind: plan.kind,
        marketDefault: plan.marketDefault,
        ownAccounts: String(plan.accounts),
        version: String((last?.version ?? 0) + 1),
        validFrom: draft.validFrom.toISOString(),
        ruleKind: rule.kind,
        energyBefore: before && rangeText(before),
        energyAfter: rangeText(after),
        passThrough: passThroughText(rule),
        standingPerDay: rule.standingPerDay === undefined ? null : formatPrice(rule.standingPerDay),
        ...capFacts(priceCap, cap),
      }),
    };
  },
  async execute(tx, { marketId, approvalId, act, at, decidedBy }) {
    const version = await publishDraft(tx, named(marketId, act), { at, approvalId, operatorId: decidedBy });
    return { version: String(version) };
  },
};

/** What there is nothing to say of is left out. */
const told = (facts: ApprovalFacts): ApprovalFacts =>
  Object.fromEntries(Object.entries(facts).filter(([, value]) => value !== null));

function rangeText({ lowest, highest }: ReturnType<typeof energyRange>): string {
  return lowest === highest ? formatPrice(lowest) : `${formatPrice(lowest)} – ${formatPrice(highest)}`;
}

/** The parts beside the energy price, as the first price of the rule has them. */
function passThroughText(rule: PriceRule): string | null {
  const parts = unitPrices(rule)[0]?.parts ?? [];
  const others = parts.filter(({ name }) => PASS_THROUGH.includes(name));
  return others.length === 0 ? null : others.map(({ name, price }) => `${name} ${formatPrice(price)}`).join(' + ');
}

function capFacts(priceCap: string, { verdict, standsIn, over }: CapFinding): ApprovalFacts {
  const worst = over.reduce<CapFinding['over'][number] | null>(
    (most, one) => (most === null || one.energy - one.grid > most.energy - most.grid ? one : most),
    null,
  );
  return {
    priceCap,
    capVerdict: verdict,
    capMonth: worst?.month ?? standsIn,
    capEnergy: worst && formatPrice(worst.energy),
    capGrid: worst && formatPrice(worst.grid),
  };
}

async function shadowFacts(db: Database, question: ShadowQuestion, at: Date): Promise<ApprovalFacts> {
  const { totals, skipped, dataAt } = await runShadow(db, question, at);
  return {
    shadowMonth: question.month,
    shadowDataAt: dataAt,
    shadowAccounts: String(totals.accounts),
    shadowMore: String(totals.more),
    shadowLess: String(totals.less),
    shadowSkipped: String(skipped.length),
    shadowChargedFen: totals.chargedFen,
    shadowWouldBeFen: totals.wouldBeFen,
  };
}
