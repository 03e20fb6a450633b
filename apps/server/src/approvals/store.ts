import type {
  Approval,
  ApprovalAct,
  ApprovalFacts,
  ApprovalPage,
  ApprovalQuery,
  ApprovalState,
} from '@openprepay/contract';
import type { Queryable, Tx } from '../platform/database.ts';
import { likeText } from '../platform/like.ts';

const PAGE_SIZE = 50;

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
  readonly over_at: Date | null;
  readonly note: string | null;
  readonly result: ApprovalFacts | null;
};

/** As a person sees it: what is pending beyond its time is over. */
const SHOWN = `(
  select approval.*, case when state = 'pending' and expires_at <= $2 then 'expired' else state end as shown_state,
         case when state <> 'pending' then decided_at when expires_at <= $2 then expires_at end as over_at
  from approval where market_id = $1) shown`;

const SORTS: Readonly<Record<NonNullable<ApprovalQuery['sort']>, string>> = {
  over: 'shown.over_at',
  asked: 'shown.requested_at',
};

const MATCHING = `
  from ${SHOWN} join market on market.market_id = $1
  where ($3::text is null or shown_state = $3)
    and ($4::boolean is null or (over_at is not null) = $4)
    and ($5::text is null or kind = $5)
    and ($6::uuid is null or requested_by = $6)
    and ($7::uuid is null or decided_by = $7)
    and ($8::date is null or over_at >= $8::date::timestamp at time zone market.time_zone)
    and ($9::date is null or over_at < ($9::date + 1)::timestamp at time zone market.time_zone)
    and ($10::text is null or reason ilike '%' || $10 || '%' or note ilike '%' || $10 || '%'
         or exists (select from json_each_text(facts) as fact where fact.value ilike '%' || $10 || '%'))`;

type Listed = Omit<Approval, 'mayDecide'>;

/** In the order asked, newest first where nothing is said, with how many there are in all. */
export async function selectApprovals(
  db: Queryable,
  marketId: string,
  now: Date,
  query: ApprovalQuery,
): Promise<{ total: number; approvals: Listed[] }> {
  const { sort = 'asked', descending = query.sort === undefined, page = 1, pageSize = PAGE_SIZE } = query;
  const filters = [
    marketId,
    now,
    query.state ?? null,
    query.over ?? null,
    query.kind ?? null,
    query.requestedBy ?? null,
    query.decidedBy ?? null,
    query.from ?? null,
    query.to ?? null,
    likeText(query.text),
  ];
  const [counted] = await db.query<{ total: bigint }>(`select count(*) as total ${MATCHING}`, filters);
  const order = `${SORTS[sort]} ${descending ? 'desc' : 'asc'} nulls last, shown.approval_id desc`;
  const source = `(select shown.* ${MATCHING} order by ${order} limit $11 offset $12) shown`;
  const approvals = await select(db, source, order, [...filters, pageSize, (page - 1) * pageSize]);
  return { total: Number(counted?.total ?? 0), approvals };
}

export async function selectApproval(
  db: Queryable,
  marketId: string,
  now: Date,
  approvalId: string,
): Promise<Listed | null> {
  const source = `(select * from ${SHOWN} where approval_id = $3) shown`;
  const [approval] = await select(db, source, 'requested_at', [marketId, now, approvalId]);
  return approval ?? null;
}

async function select(db: Queryable, source: string, order: string, values: readonly unknown[]): Promise<Listed[]> {
  const rows = await db.query<ApprovalRow>(
    `select shown.*, requester.name as requester_name, decider.name as decider_name
     from ${source}
     left join operator requester on requester.operator_id = requested_by
     left join operator decider on decider.operator_id = decided_by
     order by ${order}`,
    values,
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
    overAt: row.over_at?.toISOString() ?? null,
    note: row.note,
    result: row.result,
  }));
}

/** Whoever ever asked for something in a market, and whoever ever decided, by name. */
export async function selectPeople(
  db: Queryable,
  marketId: string,
): Promise<Pick<ApprovalPage, 'requesters' | 'deciders'>> {
  const rows = await db.query<{ operatorId: string; name: string; asked: boolean; decided: boolean }>(
    `select operator.operator_id as "operatorId", operator.name, bool_or(part.asked) as asked, bool_or(not part.asked) as decided
     from (
       select requested_by as operator_id, true as asked from approval where market_id = $1
       union
       select decided_by, false from approval where market_id = $1) part
     join operator using (operator_id)
     group by operator.operator_id, operator.name order by operator.name`,
    [marketId],
  );
  const people = (which: 'asked' | 'decided') =>
    rows.filter((row) => row[which]).map(({ operatorId, name }) => ({ operatorId, name }));
  return { requesters: people('asked'), deciders: people('decided') };
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
