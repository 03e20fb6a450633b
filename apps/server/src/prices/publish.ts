import type { PriceCap } from '@openprepay/contract';
import { type CapFinding, type PriceRule, parseRule } from '@openprepay/domain';
import { assert } from '@openprepay/kernel';
import { recordAudit } from '../identity/audit.ts';
import type { Tx } from '../platform/database.ts';
import { capOf, monthOf } from './cap.ts';
import { listGridPrices, marketPricing } from './cap-store.ts';
import { type DraftRow, finishDraft } from './draft-store.ts';
import { draftChanged, lockDraftOf, noSuchDraft, refuseSubmitted } from './drafts.ts';
import { pricesError } from './errors.ts';
import { insertVersions, type ListedPlan, listPlans, listVersions, type VersionRow } from './store.ts';

/** A draft as it was when it was read. */
export interface DraftName {
  readonly marketId: string;
  readonly planId: string;
  readonly draftId: string;
  readonly changedAt: Date;
}

export interface Publishable {
  readonly plan: ListedPlan;
  readonly draft: DraftRow;
  readonly rule: PriceRule;
  /** The last version there is. */
  readonly last: VersionRow | null;
  readonly priceCap: PriceCap;
  readonly cap: CapFinding;
}

/**
 * Refuses what could not be published now, and says what it is. The plan is locked.
 * @param approvalId the request that asks for it, or null where there is none yet
 * @throws prices.no_such_plan, prices.no_such_draft, prices.draft_changed, prices.draft_submitted, prices.begins_in_the_past,
 *   prices.begins_before_the_last, and where the market refuses: prices.above_grid, prices.no_grid_price
 */
export async function requirePublishable(
  tx: Tx,
  { marketId, planId, draftId, changedAt }: DraftName,
  at: Date,
  approvalId: string | null,
): Promise<Publishable> {
  const draft = await lockDraftOf(tx, marketId, planId, at);
  if (draft?.draftId !== draftId) throw noSuchDraft();
  if (draft.approvalId !== approvalId) refuseSubmitted(draft);
  if (draft.changedAt.getTime() !== changedAt.getTime()) throw draftChanged();
  if (draft.validFrom < at) {
    throw pricesError('prices.begins_in_the_past', 'a version begins when it is published or later');
  }
  const last = (await listVersions(tx, marketId, planId)).at(-1) ?? null;
  if (last !== null && draft.validFrom <= last.validFrom) {
    throw pricesError(
      'prices.begins_before_the_last',
      `version ${last.version} begins ${last.validFrom.toISOString()}`,
    );
  }
  const [plan] = await listPlans(tx, marketId, planId);
  assert(plan, 'a plan that is locked is there', { planId });
  const { timeZone, priceCap } = await marketPricing(tx, marketId);
  const rule = parseRule(draft.rule);
  const months = { from: monthOf(draft.validFrom, timeZone), to: null };
  const cap = capOf(rule, plan.kind, months, await listGridPrices(tx, marketId));
  if (priceCap === 'refuse') refuseAboveGrid(cap);
  return { plan, draft, rule, last, priceCap, cap };
}

function refuseAboveGrid({ verdict, over }: CapFinding): void {
  const [first] = over;
  if (first !== undefined) {
    throw pricesError('prices.above_grid', `an energy price is above the grid’s of ${first.month}`);
  }
  if (verdict === 'unknown') throw pricesError('prices.no_grid_price', 'note the grid’s price first');
}

/**
 * The draft becomes the next version of its plan.
 * @returns its number
 * @throws what requirePublishable throws
 */
export async function publishDraft(
  tx: Tx,
  name: DraftName,
  { at, approvalId, operatorId }: { readonly at: Date; readonly approvalId: string; readonly operatorId: string },
): Promise<number> {
  const { marketId, planId, draftId } = name;
  const { draft, last } = await requirePublishable(tx, name, at, approvalId);
  const version = (last?.version ?? 0) + 1;
  await insertVersions(tx, marketId, [{ planId, version, validFrom: draft.validFrom, rule: draft.rule }]);
  await finishDraft(tx, marketId, draftId, version, at);
  await recordAudit(tx, {
    marketId,
    operatorId,
    at,
    action: 'prices.publish',
    subject: `price_plan:${planId}`,
    before: last && { version: last.version, validFrom: last.validFrom, rule: last.rule },
    after: { version, validFrom: draft.validFrom, rule: draft.rule, approvalId },
  });
  return version;
}
