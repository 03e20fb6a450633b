import { isDeepStrictEqual } from 'node:util';
import type {
  Approval,
  ApprovalAct,
  ApprovalDecision,
  ApprovalFacts,
  ApprovalPage,
  ApprovalQuery,
  ApprovalRequest,
  Operator,
} from '@openprepay/contract';
import { recordAudit } from '../identity/audit.ts';
import type { Context } from '../platform/context.ts';
import type { Queryable, Tx } from '../platform/database.ts';
import { approvalsError } from './errors.ts';
import { kinds } from './kinds/index.ts';
import {
  closeApproval,
  countPending,
  insertApproval,
  lockApproval,
  type StoredApproval,
  selectApproval,
  selectApprovals,
  selectPeople,
} from './store.ts';
import type { Kind } from './types.ts';

const VALID_MS = 7 * 86_400_000;

/** Which act a request carries is said by its kind, and the table of kinds is typed by it. */
const kindOf = (act: ApprovalAct): Kind<ApprovalAct> => kinds[act.kind] as Kind<ApprovalAct>;

/**
 * Asks a second person. The same request sent again is asked for once.
 * @throws approvals.role_not_enough, approvals.request_reused, and what the kind refuses
 */
export async function requestApproval(
  ctx: Context,
  marketId: string,
  { requestId, act, reason }: ApprovalRequest,
  operator: Operator,
): Promise<Approval> {
  const kind = kindOf(act);
  if (!kind.requesters.includes(operator.role)) throw roleNotEnough(operator, 'ask for this');
  const at = ctx.clock.now();
  const { operatorId } = operator;
  const asked = { marketId, approvalId: requestId, act, reason, requestedBy: operatorId, at };
  const isAsked = (await selectApproval(ctx.db, marketId, at, requestId)) !== null;
  const surveyed = isAsked ? {} : await kind.survey?.(ctx.db, asked);
  return ctx.db.tx(async (tx) => {
    const earlier = await lockApproval(tx, marketId, requestId);
    if (earlier === null) {
      const prepared = await kind.prepare(tx, asked);
      const { subject, facts } = { ...prepared, facts: { ...prepared.facts, ...surveyed } };
      const isNew = await insertApproval(tx, marketId, {
        approvalId: requestId,
        act,
        subject,
        facts,
        reason,
        requestedBy: operatorId,
        requestedAt: at,
        expiresAt: new Date(at.getTime() + VALID_MS),
      });
      if (isNew) await audit(tx, marketId, at, operatorId, 'request', requestId, reason, { act, facts });
      else assertSame(await lockApproval(tx, marketId, requestId), act, operatorId);
    } else assertSame(earlier, act, operatorId);
    return approvalOf(tx, marketId, requestId, at, operator);
  });
}

/**
 * Lets it happen, at once and in the same transaction, or refuses it. Never by the one who asked. The same decision sent again
 * answers as the first time.
 * @throws approvals.no_such_approval, approvals.own_request, approvals.role_not_enough, approvals.not_pending,
 *   approvals.expired, and what the kind refuses, which leaves it pending
 */
export async function decideApproval(
  ctx: Context,
  marketId: string,
  approvalId: string,
  { decision, note = null }: Omit<ApprovalDecision, 'note'> & { readonly note?: string | null },
  operator: Operator,
): Promise<Approval> {
  const at = ctx.clock.now();
  const decidedBy = operator.operatorId;
  const state = decision === 'approve' ? 'approved' : 'rejected';
  return ctx.db.tx(async (tx) => {
    const stored = await lockExisting(tx, marketId, approvalId);
    const { act, reason, requestedBy } = stored;
    const kind = kindOf(act);
    if (requestedBy === decidedBy) throw approvalsError('approvals.own_request', 'somebody else must decide this');
    if (!kind.deciders.includes(operator.role)) throw roleNotEnough(operator, 'decide this');
    if (stored.state !== state || stored.decidedBy !== decidedBy) {
      requirePending(stored, at);
      const asked = { marketId, approvalId, act, reason, requestedBy, at };
      const result = state === 'approved' ? await kind.execute(tx, { ...asked, decidedBy }) : null;
      await closeApproval(tx, marketId, approvalId, { state, by: decidedBy, at, note, result });
      await audit(tx, marketId, at, decidedBy, decision === 'approve' ? 'approve' : 'reject', approvalId, note, {
        act,
        result,
      });
    }
    return approvalOf(tx, marketId, approvalId, at, operator);
  });
}

/** @throws approvals.no_such_approval, approvals.role_not_enough, approvals.not_pending */
export async function withdrawApproval(
  ctx: Context,
  marketId: string,
  approvalId: string,
  operator: Operator,
): Promise<Approval> {
  const at = ctx.clock.now();
  const { operatorId } = operator;
  return ctx.db.tx(async (tx) => {
    const stored = await lockExisting(tx, marketId, approvalId);
    if (stored.requestedBy !== operatorId) throw roleNotEnough(operator, 'take back the request of another');
    if (stored.state !== 'withdrawn') {
      if (stored.state !== 'pending') throw notPending(stored.state);
      const closing = { state: 'withdrawn', by: operatorId, at, note: null, result: null } as const;
      await closeApproval(tx, marketId, approvalId, closing);
      await audit(tx, marketId, at, operatorId, 'withdraw', approvalId, null, { act: stored.act });
    }
    return approvalOf(tx, marketId, approvalId, at, operator);
  });
}

export async function listApprovals(
  ctx: Context,
  marketId: string,
  query: ApprovalQuery,
  operator: Operator,
): Promise<ApprovalPage> {
  const { total, approvals } = await selectApprovals(ctx.db, marketId, ctx.clock.now(), query);
  return {
    total,
    approvals: approvals.map((one) => ({ ...one, mayDecide: mayDecide(one, operator) })),
    ...(await selectPeople(ctx.db, marketId)),
  };
}

/** How many requests wait for this operator's word. */
export async function countWaiting(ctx: Context, marketId: string, { operatorId, role }: Operator): Promise<number> {
  const mine = Object.entries(kinds).flatMap(([name, kind]) => (kind.deciders.includes(role) ? [name] : []));
  return countPending(ctx.db, marketId, ctx.clock.now(), operatorId, mine);
}

/** @throws approvals.no_such_approval */
export async function approvalOf(
  db: Queryable,
  marketId: string,
  approvalId: string,
  now: Date,
  operator: Operator,
): Promise<Approval> {
  const one = await selectApproval(db, marketId, now, approvalId);
  if (one === null) throw noSuchApproval();
  return { ...one, mayDecide: mayDecide(one, operator) };
}

const mayDecide = ({ act, state, requestedBy }: Omit<Approval, 'mayDecide'>, { operatorId, role }: Operator): boolean =>
  state === 'pending' && requestedBy.operatorId !== operatorId && kindOf(act).deciders.includes(role);

async function lockExisting(tx: Tx, marketId: string, approvalId: string): Promise<StoredApproval> {
  const stored = await lockApproval(tx, marketId, approvalId);
  if (stored === null) throw noSuchApproval();
  return stored;
}

function requirePending({ state, expiresAt }: StoredApproval, at: Date): void {
  if (state !== 'pending') throw notPending(state);
  if (expiresAt <= at) throw approvalsError('approvals.expired', 'too old to be decided: ask again');
}

function assertSame(earlier: StoredApproval | null, act: ApprovalAct, operatorId: string): void {
  if (earlier?.requestedBy !== operatorId || !isDeepStrictEqual(earlier.act, act)) {
    throw approvalsError('approvals.request_reused', 'this request id stands for another request');
  }
}

const noSuchApproval = () => approvalsError('approvals.no_such_approval', 'this market has no such request');
const notPending = (state: string) => approvalsError('approvals.not_pending', `this request is ${state}`, { state });
const roleNotEnough = ({ role }: Operator, what: string) =>
  approvalsError('approvals.role_not_enough', `the role ${role} may not ${what}`);

async function audit(
  tx: Tx,
  marketId: string,
  at: Date,
  operatorId: string,
  what: 'request' | 'approve' | 'reject' | 'withdraw',
  approvalId: string,
  reason: string | null,
  after: { readonly act: ApprovalAct; readonly facts?: ApprovalFacts; readonly result?: ApprovalFacts | null },
): Promise<void> {
  await recordAudit(tx, {
    at,
    marketId,
    operatorId,
    action: `approvals.${what}`,
    subject: `approval:${approvalId}`,
    reason,
    after,
  });
}
