import Type, { type Static } from 'typebox';
import { Month } from './prices.ts';
import { defineRoute, ROLES } from './route.ts';
import { AmountFen, Id, Instant, MAX_LIST_ROWS, Nullable } from './schemas.ts';

const inMarket = Type.Object({ marketId: Id });
const ofApproval = Type.Object({ marketId: Id, approvalId: Id });

/** What a person may ask a second person to let happen, by `kind`; its details say all that is to be done. */
export const ApprovalAct = Type.Union([
  Type.Object({
    kind: Type.Literal('refund_cash'),
    accountId: Id,
    amountFen: Type.Integer({ minimum: 1, maximum: 100_000_000 }),
  }),
  /** Of a sale at the counter that the cashier may not take back alone; txId is the sale's. */
  Type.Object({ kind: Type.Literal('reversal'), txId: Id }),
  /** Of an operator whom one person may not raise alone. */
  Type.Object({ kind: Type.Literal('role_change'), operatorId: Id, role: Type.Enum([...ROLES]) }),
  /** The mass switch of this request's own id; confirmation: how many meters it tells, typed out. */
  Type.Object({ kind: Type.Literal('mass_cut'), confirmation: Type.String({ maxLength: 20 }) }),
  /** A draft becomes the next version of its plan, as it was when it was read. */
  Type.Object({
    kind: Type.Literal('publish_price'),
    planId: Id,
    draftId: Id,
    changedAt: Instant,
    /** A past month to be priced with it for the one who decides, and by which plan it was charged. */
    shadow: Nullable(Type.Object({ month: Month, chargedBy: Nullable(Id) })),
  }),
]);
export type ApprovalAct = Static<typeof ApprovalAct>;
export type ApprovalKind = ApprovalAct['kind'];
export const APPROVAL_KINDS = [
  'refund_cash',
  'reversal',
  'role_change',
  'mass_cut',
  'publish_price',
] as const satisfies readonly ApprovalKind[];

export const APPROVAL_STATES = ['pending', 'approved', 'rejected', 'withdrawn', 'expired'] as const;
export const ApprovalState = Type.Enum([...APPROVAL_STATES]);
export type ApprovalState = Static<typeof ApprovalState>;

/** Names and amounts for the person who reads; amounts are named …Fen. */
export const ApprovalFacts = Type.Record(
  Type.String(),
  Nullable(Type.Union([Type.String(), AmountFen, Type.Boolean()])),
);
export type ApprovalFacts = Static<typeof ApprovalFacts>;

const Person = Type.Object({ operatorId: Id, name: Type.String() });

export const Approval = Type.Object({
  approvalId: Id,
  act: ApprovalAct,
  /** What it is about, `kind:id`. */
  subject: Type.String(),
  /** What it is about, in names and amounts, as it was when it was asked for. */
  facts: ApprovalFacts,
  reason: Type.String(),
  state: ApprovalState,
  requestedBy: Person,
  requestedAt: Instant,
  expiresAt: Instant,
  decidedBy: Nullable(Person),
  decidedAt: Nullable(Instant),
  /** When it was decided or taken back, or its time ran out; null while it waits. */
  overAt: Nullable(Instant),
  note: Nullable(Type.String()),
  /** What came of it. */
  result: Nullable(ApprovalFacts),
  /** The one who asks for this page may decide it: the role fits, and somebody else requested it. */
  mayDecide: Type.Boolean(),
});
export type Approval = Static<typeof Approval>;

export const ApprovalRequest = Type.Object({
  /** Made by the caller once per request, and the id of the approval: sent again, it is asked for once. */
  requestId: Id,
  act: ApprovalAct,
  reason: Type.String({ minLength: 2, maxLength: 200 }),
});
export type ApprovalRequest = Static<typeof ApprovalRequest>;

export const ApprovalDecision = Type.Object({
  decision: Type.Enum(['approve', 'reject']),
  note: Type.Optional(Type.String({ maxLength: 200 })),
});
export type ApprovalDecision = Static<typeof ApprovalDecision>;

const Day = Type.String({ format: 'date' });

export const APPROVAL_SORTS = ['over', 'asked'] as const;
export const ApprovalQuery = Type.Object({
  page: Type.Optional(Type.Integer({ minimum: 1, maximum: 100_000 })),
  pageSize: Type.Optional(Type.Integer({ minimum: 1, maximum: MAX_LIST_ROWS })),
  sort: Type.Optional(Type.Enum([...APPROVAL_SORTS])),
  descending: Type.Optional(Type.Boolean()),
  state: Type.Optional(ApprovalState),
  /** It waits no longer, whatever became of it; or it does. */
  over: Type.Optional(Type.Boolean()),
  kind: Type.Optional(Type.Enum([...APPROVAL_KINDS])),
  requestedBy: Type.Optional(Id),
  decidedBy: Type.Optional(Id),
  /** Over on this day of the market's zone or later. */
  from: Type.Optional(Day),
  /** Inclusive. */
  to: Type.Optional(Day),
  /** Found anywhere in the reason, the note, or what it is about. */
  text: Type.Optional(Type.String({ maxLength: 80 })),
});
export type ApprovalQuery = Static<typeof ApprovalQuery>;

export const ApprovalPage = Type.Object({
  total: Type.Integer(),
  approvals: Type.Array(Approval),
  /** Whoever ever asked for something, and whoever ever decided. */
  requesters: Type.Array(Person),
  deciders: Type.Array(Person),
});
export type ApprovalPage = Static<typeof ApprovalPage>;

const requesters = ['admin', 'manager', 'finance', 'cashier', 'technician'] as const;

export const approvalsRoutes = {
  approvals: defineRoute({
    method: 'GET',
    path: '/api/markets/:marketId/approvals',
    summary: 'What was asked of a second person, filtered, sorted and by the page',
    roles: ROLES,
    params: inMarket,
    query: ApprovalQuery,
    response: ApprovalPage,
    list: {
      rows: 'approvals',
      paging: 'page',
      cells: {
        over: ['overAt', 'instant'],
        kind: ['act.kind', 'code'],
        facts: ['facts', 'json'],
        state: ['state', 'code'],
        requestedBy: ['requestedBy.name', 'text'],
        asked: ['requestedAt', 'instant'],
        decidedBy: ['decidedBy.name', 'text'],
        reason: ['reason', 'text'],
        note: ['note', 'text'],
      },
    },
  }),
  approval: defineRoute({
    method: 'GET',
    path: '/api/markets/:marketId/approvals/:approvalId',
    summary: 'One request and what became of it',
    roles: ROLES,
    params: ofApproval,
    response: Approval,
  }),
  requestApproval: defineRoute({
    method: 'POST',
    path: '/api/markets/:marketId/approvals',
    summary: 'Ask a second person to let something happen; each kind says who may ask',
    roles: requesters,
    sessionOnly: true,
    params: inMarket,
    body: ApprovalRequest,
    response: Approval,
  }),
  decideApproval: defineRoute({
    method: 'POST',
    path: '/api/markets/:marketId/approvals/:approvalId/decision',
    summary: 'Let it happen, at once and once, or refuse it; never by the one who asked',
    roles: ['admin', 'manager', 'finance'],
    sessionOnly: true,
    params: ofApproval,
    body: ApprovalDecision,
    response: Approval,
  }),
  withdrawApproval: defineRoute({
    method: 'POST',
    path: '/api/markets/:marketId/approvals/:approvalId/withdrawal',
    summary: 'The one who asked takes it back',
    roles: requesters,
    sessionOnly: true,
    params: ofApproval,
    response: Approval,
  }),
} as const;
