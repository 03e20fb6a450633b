import Type, { type Static } from 'typebox';
import type { ListOf } from './list-export.ts';
import { defineRoute } from './route.ts';
import { Id, Instant, MAX_LIST_ROWS, Nullable } from './schemas.ts';

export const AuditEntry = Type.Object({
  auditId: Id,
  at: Instant,
  /** Null for the program itself and its command line. */
  operatorId: Nullable(Id),
  operatorName: Nullable(Type.String()),
  /** Stable code of the act, `room.act`. */
  action: Type.String(),
  /** What it was done to, `kind:id`. */
  subject: Type.String(),
  /** Of an operator or a key. */
  subjectName: Nullable(Type.String()),
  reason: Nullable(Type.String()),
  before: Type.Unknown(),
  after: Type.Unknown(),
  /** Its link in the chain; null for the few seconds until it is sealed. */
  seal: Nullable(Type.Object({ seq: Type.Integer(), sealedAt: Instant, hash: Type.String() })),
});
export type AuditEntry = Static<typeof AuditEntry>;

export const AuditFilter = Type.Object({
  operatorId: Type.Optional(Id),
  /** The action, or its beginning: `control.` for all of a room. */
  action: Type.Optional(Type.String({ maxLength: 80 })),
  /** The subject, or its beginning. */
  subject: Type.Optional(Type.String({ maxLength: 200 })),
  /** In the name of the operator, the action, the subject or the reason. */
  text: Type.Optional(Type.String({ maxLength: 64 })),
  from: Type.Optional(Instant),
  to: Type.Optional(Instant),
  page: Type.Optional(Type.Integer({ minimum: 1, maximum: 100_000 })),
  pageSize: Type.Optional(Type.Integer({ minimum: 1, maximum: MAX_LIST_ROWS })),
});
export type AuditFilter = Static<typeof AuditFilter>;

export const AuditPage = Type.Object({ total: Type.Integer(), entries: Type.Array(AuditEntry) });
export type AuditPage = Static<typeof AuditPage>;

const auditList = {
  rows: 'entries',
  paging: 'page',
  cells: {
    at: ['at', 'instant'],
    who: ['operatorName', 'text'],
    action: ['action', 'code'],
    subject: ['subject', 'text'],
    subjectName: ['subjectName', 'text'],
    reason: ['reason', 'text'],
    before: ['before', 'json'],
    after: ['after', 'json'],
    hash: ['seal.hash', 'text'],
  },
} as const satisfies ListOf;

const readers = ['admin', 'manager', 'auditor'] as const;

export const auditRoutes = {
  audit: defineRoute({
    method: 'GET',
    path: '/api/markets/:marketId/audit',
    summary: 'Who did what in a market, when, why, before and after; newest first',
    roles: readers,
    params: Type.Object({ marketId: Id }),
    query: AuditFilter,
    response: AuditPage,
    list: auditList,
  }),
  installationAudit: defineRoute({
    method: 'GET',
    path: '/api/audit',
    summary: 'The same of what concerns no market: operators, keys, signing in',
    roles: readers,
    scope: 'group',
    query: AuditFilter,
    response: AuditPage,
    list: auditList,
  }),
} as const;
