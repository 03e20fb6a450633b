import type { Approval, ApprovalAct, ApprovalFacts, ApprovalState } from '@openprepay/contract';
import type { Queryable, Tx } from '../platform/database.ts';

export interface StoredApproval {
  readonly approvalId: string;
  readonly act: ApprovalAct;
  readonly reason: string;
  readonly state: Exclude<ApprovalState, 'expired'>;
  readonly requestedBy: string;
  readonly expiresAt: Date;
  readonly decidedBy: string | null;
}

export interface NewApproval {
  readonly approvalId: string;
  readonly act: ApprovalAct;
  readonly subject: string;
  readonly facts: ApprovalFacts;
  readonly reason: string;
  readonly requestedBy: string;
  readonly requestedAt: Date;
  readonly expiresAt: Date;
}

/** @returns whether it is new; one that someone else is just asking for is waited for */
export async function insertApproval(tx: Tx, marketId: string, one: NewApproval): Promise<boolean> {
  const rows = await tx.query(
    `insert into approval (market_id, approval_id, kind, act, subject, facts, reason, state, requested_by, requested_at,
                           expires_at)
     values ($1, $2, $3, $4, $5, $6, $7, 'pending', $8, $9, $10)
     on conflict (market_id, approval_id) do nothing returning 1`,
    [
      marketId,
      one.approvalId,
      one.act.kind,
      JSON.stringify(one.act),
      one.subject,
      JSON.stringify(one.facts),
      one.reason,
      one.requestedBy,
      one.requestedAt,
      one.expiresAt,
    ],
  );
  return rows.length === 1;
}

/** Locked, so that one person at a time decides. */
export async function lockApproval(tx: Tx, marketId: string, approvalId: string): Promise<StoredApproval | null> {
  const rows = await tx.query<StoredApproval & Record<string, unknown>>(
    `select approval_id as "approvalId", act, reason, state, requested_by as "requestedBy", expires_at as "expiresAt",
            decided_by as "decidedBy"
     from approval where market_id = $1 and approval_id = $2 for update`,
    [marketId, approvalId],
  );
  return rows[0] ?? null;
}

export interface Closing {
  readonly state: 'approved' | 'rejected' | 'withdrawn';
  readonly by: string;
  readonly at: Date;
  readonly note: string | null;
  readonly result: ApprovalFacts | null;
}

export async function closeApproval(tx: Tx, marketId: string, approvalId: string, closing: Closing): Promise<void> {
  const { state, by, at, note, result } = closing;
  await tx.query(
    `update approval set state = $3, decided_by = $4, decided_at = $5, note = $6, result = $7
     where market_id = $1 and approval_id = $2`,
    [marketId, approvalId, state, by, at, note, result === null ? null : JSON.stringify(result)],
  );
}

export interface ApprovalFilter {
  readonly approvalId?: string;
  readonly state?: ApprovalState;
  readonly before?: string;
  readonly limit: number;
}

type ApprovalRow = Record<string, unknown> & {
  readonly approval_id: string;
  readonly act: ApprovalAct;
  readonly subject: string;
  readonly facts: ApprovalFacts;
  readonly reason: string;
  readonly shown_state: ApprovalState;
  readonly requested_by: string;
  readonly requester_name: string | null;
  readonly requested_at: Date;
  readonly expires_at: Date;
  readonly decided_by: string | null;
  readonly decider_name: string | null;
  readonly decided_at: Date | null;
  readonly note: string | null;
  readonly result: ApprovalFacts | null;
};

/** Newest first. What is pending beyond its time is shown as expired. */
export async function selectApprovals(
  db: Queryable,
  marketId: string,
  now: Date,
  { approvalId, state, before, limit }: ApprovalFilter,
): Promise<Omit<Approval, 'mayDecide'>[]> {
  const rows = await db.query<ApprovalRow>(
    `with shown as (
       select approval.*, case when state = 'pending' and expires_at <= $2 then 'expired' else state end as shown_state
       from approval where market_id = $1
     )
     select shown.*, requester.name as requester_name, decider.name as decider_name
     from shown
     left join operator requester on requester.operator_id = requested_by
     left join operator decider on decider.operator_id = decided_by
     where ($3::uuid is null or approval_id = $3) and ($4::text is null or shown_state = $4)
       and ($5::uuid is null or (requested_at, approval_id) <
            (select requested_at, approval_id from approval where market_id = $1 and approval_id = $5))
     order by requested_at desc, approval_id desc limit $6`,
    [marketId, now, approvalId ?? null, state ?? null, before ?? null, limit],
  );
  return rows.map((row) => ({
    approvalId: row.approval_id,
    act: row.act,
    subject: row.subject,
    facts: row.facts,
    reason: row.reason,
    state: row.shown_state,
    requestedBy: { operatorId: row.requested_by, name: row.requester_name ?? '' },
    requestedAt: row.requested_at.toISOString(),
    expiresAt: row.expires_at.toISOString(),
    decidedBy: row.decided_by === null ? null : { operatorId: row.decided_by, name: row.decider_name ?? '' },
    decidedAt: row.decided_at?.toISOString() ?? null,
    note: row.note,
    result: row.result,
  }));
}

/** Pending requests of these kinds that somebody else made. */
export async function countPending(
  db: Queryable,
  marketId: string,
  now: Date,
  notBy: string,
  kinds: readonly string[],
): Promise<number> {
  const [row] = await db.query<{ waiting: bigint }>(
    `select count(*) as waiting from approval
     where market_id = $1 and state = 'pending' and expires_at > $2 and requested_by <> $3 and kind = any($4)`,
    [marketId, now, notBy, kinds],
  );
  return Number(row?.waiting ?? 0);
}
