import { isDeepStrictEqual } from 'node:util';
import { parseRule } from '@openprepay/domain';
import type { MeterKind } from '@openprepay/kernel';
import { recordAudit } from '../identity/audit.ts';
import type { Context } from '../platform/context.ts';
import type { Tx } from '../platform/database.ts';
import { type DraftRow, finishDraft, insertDraft, isDraftKnown, listDrafts, updateDraft } from './draft-store.ts';
import { pricesError } from './errors.ts';
import { noSuchPlan } from './plans.ts';
import { insertPlans, isNameTaken, lockPlan } from './store.ts';

/*
 * A plan's row is locked before its draft is read: one person at a time writes it, and none while it waits for a second person.
 */

interface Who {
  readonly marketId: string;
  readonly operatorId: string;
}

export interface DraftGiven {
  readonly draftId: string;
  readonly validFrom: Date;
  readonly rule: unknown;
}

/**
 * Makes a plan that has no version yet. The same again changes nothing.
 * @throws prices.name_taken, prices.id_reused, and what parseRule throws
 */
export async function createPlan(
  ctx: Context,
  who: Who,
  plan: { readonly planId: string; readonly kind: MeterKind; readonly name: string },
  draft: DraftGiven,
): Promise<void> {
  parseRule(draft.rule);
  const at = ctx.clock.now();
  await ctx.db.tx(async (tx) => {
    const earlier = await lockPlan(tx, who.marketId, plan.planId);
    if (earlier !== null) {
      if (
        earlier.kind === plan.kind &&
        earlier.name === plan.name &&
        (await isDraftKnown(tx, who.marketId, draft.draftId))
      )
        return;
      throw pricesError('prices.id_reused', 'this id stands for another plan');
    }
    if (await isNameTaken(tx, who.marketId, plan.name)) throw nameTaken(plan.name);
    await insertPlans(tx, who.marketId, [{ ...plan, marketDefault: false }]);
    await insertDraft(tx, who.marketId, { ...draft, planId: plan.planId, operatorId: who.operatorId, at });
    await recordAudit(tx, {
      ...who,
      at,
      action: 'prices.create_plan',
      subject: `price_plan:${plan.planId}`,
      after: { ...plan, ...draft },
    });
  });
}

/**
 * Begins a draft or changes it. The same again changes nothing.
 * @param basedOn `changedAt` of what was read; null for a new draft
 * @throws prices.no_such_plan, prices.another_draft, prices.draft_changed, prices.draft_submitted, and what parseRule throws
 */
export async function saveDraft(
  ctx: Context,
  who: Who,
  planId: string,
  draft: DraftGiven,
  basedOn: Date | null,
): Promise<void> {
  parseRule(draft.rule);
  const now = ctx.clock.now();
  const { marketId, operatorId } = who;
  await ctx.db.tx(async (tx) => {
    const open = await lockDraftOf(tx, marketId, planId, now);
    if (open === null) {
      if (await isDraftKnown(tx, marketId, draft.draftId)) throw noSuchDraft();
      await insertDraft(tx, marketId, { ...draft, planId, operatorId, at: now });
    } else {
      if (open.draftId !== draft.draftId) throw pricesError('prices.another_draft', 'this plan has another draft');
      const isSame = open.validFrom.getTime() === draft.validFrom.getTime() && isDeepStrictEqual(open.rule, draft.rule);
      if (isSame) return;
      refuseSubmitted(open);
      if (basedOn?.getTime() !== open.changedAt.getTime()) throw draftChanged();
      // Two changes in one millisecond are still two.
      const at = new Date(Math.max(now.getTime(), open.changedAt.getTime() + 1));
      await updateDraft(tx, marketId, { ...draft, planId, operatorId, at });
    }
    await recordAudit(tx, {
      ...who,
      at: now,
      action: 'prices.save_draft',
      subject: `price_plan:${planId}`,
      before: open && { validFrom: open.validFrom, rule: open.rule },
      after: { validFrom: draft.validFrom, rule: draft.rule },
    });
  });
}

/** @throws prices.no_such_plan, prices.no_such_draft, prices.draft_submitted */
export async function discardDraft(ctx: Context, who: Who, planId: string, draftId: string): Promise<void> {
  const at = ctx.clock.now();
  await ctx.db.tx(async (tx) => {
    const open = await lockDraftOf(tx, who.marketId, planId, at);
    if (open?.draftId !== draftId) throw noSuchDraft();
    refuseSubmitted(open);
    await finishDraft(tx, who.marketId, draftId, null, at);
    await recordAudit(tx, {
      ...who,
      at,
      action: 'prices.discard_draft',
      subject: `price_plan:${planId}`,
      before: { validFrom: open.validFrom, rule: open.rule },
    });
  });
}

/** The open draft of a plan that is locked with this; null where it has none. @throws prices.no_such_plan */
export async function lockDraftOf(tx: Tx, marketId: string, planId: string, now: Date): Promise<DraftRow | null> {
  if ((await lockPlan(tx, marketId, planId)) === null) throw noSuchPlan();
  return (await listDrafts(tx, marketId, now, planId))[0] ?? null;
}

export function refuseSubmitted({ approvalId }: DraftRow): void {
  if (approvalId !== null) {
    throw pricesError('prices.draft_submitted', 'it waits for a second person; take the request back to change it');
  }
}

export const noSuchDraft = () => pricesError('prices.no_such_draft', 'this plan has no such draft, or it is done');
export const draftChanged = () =>
  pricesError('prices.draft_changed', 'somebody changed the draft since you read it; read it again');
const nameTaken = (name: string) => pricesError('prices.name_taken', `there is a plan ${name} already`);
