import Type, { type Static } from 'typebox';
import { defineRoute, MONEY_ROLES } from './route.ts';
import { AmountFen, Id, Instant, MAX_LIST_ROWS, Nullable } from './schemas.ts';

/*
 * Every alarm and final notice there was: when an account crossed the amount, and what became of telling its tenant.
 */

const Stage = Type.Enum(['low_balance', 'alarm_2', 'final']);
const Day = Type.String({ format: 'date' });

export const NOTICE_SORTS = ['raised', 'balance', 'account', 'stage'] as const;

export const NoticeQuery = Type.Object({
  page: Type.Optional(Type.Integer({ minimum: 1, maximum: 100_000 })),
  pageSize: Type.Optional(Type.Integer({ minimum: 1, maximum: MAX_LIST_ROWS })),
  sort: Type.Optional(Type.Enum([...NOTICE_SORTS])),
  descending: Type.Optional(Type.Boolean()),
  stage: Type.Optional(Stage),
  /** `open`: the account has not come above the amount again. */
  state: Type.Optional(Type.Enum(['open', 'closed'])),
  delivered: Type.Optional(Type.Boolean()),
  /** Raised on this day of the market's zone or later. */
  from: Type.Optional(Day),
  /** Inclusive. */
  to: Type.Optional(Day),
  accountId: Type.Optional(Id),
  /** Found anywhere in number or name of the account, or the code of a stall it has. */
  text: Type.Optional(Type.String({ maxLength: 80 })),
});
export type NoticeQuery = Static<typeof NoticeQuery>;

export const NoticeRow = Type.Object({
  noticeId: Id,
  stage: Stage,
  accountId: Id,
  accountNumber: Type.String(),
  customerName: Type.String(),
  /** That it has now; codes, in order. */
  stalls: Type.Array(Type.String()),
  raisedAt: Instant,
  /** What it had when it crossed the amount. */
  balanceFen: AmountFen,
  channel: Type.Enum(['console']),
  /** Null: nobody was told yet. */
  deliveredAt: Nullable(Instant),
  /** When it came above the amount again, so that the alarm is armed; null: not yet. */
  closedAt: Nullable(Instant),
});
export type NoticeRow = Static<typeof NoticeRow>;

export const NoticePage = Type.Object({ total: Type.Integer(), notices: Type.Array(NoticeRow) });
export type NoticePage = Static<typeof NoticePage>;

export const noticesRoutes = {
  notices: defineRoute({
    method: 'GET',
    path: '/api/markets/:marketId/notices',
    summary: 'Alarms and final notices, with their crossing and their delivery, filtered, sorted and by the page',
    roles: MONEY_ROLES,
    scope: 'building',
    params: Type.Object({ marketId: Id }),
    query: NoticeQuery,
    response: NoticePage,
    list: {
      rows: 'notices',
      paging: 'page',
      cells: {
        raised: ['raisedAt', 'instant'],
        stage: ['stage', 'code'],
        account: ['accountNumber', 'text'],
        customer: ['customerName', 'text'],
        stalls: ['stalls', 'text'],
        balance: ['balanceFen', 'hundredths'],
        channel: ['channel', 'code'],
        delivered: ['deliveredAt', 'instant'],
        closed: ['closedAt', 'instant'],
      },
    },
  }),
} as const;
