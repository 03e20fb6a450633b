import type { Queryable } from '../platform/database.ts';

export interface DraftRow {
  readonly draftId: string;
  readonly planId: string;
  readonly validFrom: Date;
  readonly rule: unknown;
  readonly createdByName: string | null;
  readonly changedAt: Date;
  /** The request that waits for a second person. */
  readonly approvalId: string | null;
}

/** The drafts of a market, or of one plan, that are not done: at most one a plan. */
export async function listDrafts(
  db: Queryable,
  marketId: string,
  now: Date,
  planId: string | null = null,
): Promise<DraftRow[]> {
  return db.query<DraftRow & Record<string, unknown>>(
    `select draft_id as "draftId", plan_id as "planId", valid_from as "validFrom", rule, changed_at as "changedAt",
            operator.name as "createdByName",
            (select approval_id from approval
             where approval.market_id = $1 and approval.kind = 'publish_price' and approval.state = 'pending'
               and expires_at > $2 and act ->> 'draftId' = draft_id::text limit 1) as "approvalId"
     from price_plan_draft draft
     left join operator on operator_id = created_by
     where draft.market_id = $1 and draft.state = 'draft' and ($3::uuid is null or plan_id = $3)`,
    [marketId, now, planId],
  );
}

/** Whether there is a draft of that id, done or not, of whatever plan. */
export async function isDraftKnown(tx: Queryable, marketId: string, draftId: string): Promise<boolean> {
  const rows = await tx.query('select from price_plan_draft where market_id = $1 and draft_id = $2', [
    marketId,
    draftId,
  ]);
  return rows.length > 0;
}

export interface DraftChange {
  readonly draftId: string;
  readonly planId: string;
  readonly validFrom: Date;
  readonly rule: unknown;
  readonly operatorId: string;
  readonly at: Date;
}

export async function insertDraft(tx: Queryable, marketId: string, draft: DraftChange): Promise<void> {
  await tx.query(
    `insert into price_plan_draft (market_id, draft_id, plan_id, valid_from, rule, state, created_by, created_at, changed_at)
     values ($1, $2, $3, $4, $5, 'draft', $6, $7, $7)`,
    [marketId, draft.draftId, draft.planId, draft.validFrom, JSON.stringify(draft.rule), draft.operatorId, draft.at],
  );
}

export async function updateDraft(tx: Queryable, marketId: string, draft: DraftChange): Promise<void> {
  await tx.query(
    `update price_plan_draft set valid_from = $3, rule = $4, changed_at = $5 where market_id = $1 and draft_id = $2`,
    [marketId, draft.draftId, draft.validFrom, JSON.stringify(draft.rule), draft.at],
  );
}

/** @param version that it became; null where it is thrown away */
export async function finishDraft(
  tx: Queryable,
  marketId: string,
  draftId: string,
  version: number | null,
  at: Date,
): Promise<void> {
  await tx.query(
    `update price_plan_draft set state = case when $3::integer is null then 'discarded' else 'published' end, version = $3,
            changed_at = $4
     where market_id = $1 and draft_id = $2`,
    [marketId, draftId, version, at],
  );
}
