import type { NoticePage, NoticeQuery, NoticeRow } from '@openprepay/contract';
import { inBuildings } from '../accounts/index.ts';
import type { Queryable, Row } from '../platform/database.ts';
import { likeText } from '../platform/like.ts';

/*
 * The alarms and final notices of a market by the page.
 */

const PAGE_SIZE = 50;

const SORTS: Readonly<Record<NonNullable<NoticeQuery['sort']>, string>> = {
  raised: 'notice.raised_at',
  balance: 'notice.balance_fen',
  account: 'account.number',
  stage: `array_position(array['low_balance', 'alarm_2', 'final'], notice.stage)`,
};

const MATCHING = `
  from notice
  join market on market.market_id = $1
  join account on account.market_id = $1 and account.account_id = notice.account_id
  where notice.market_id = $1
    and ($2::text is null or notice.stage = $2)
    and ($3::text is null or (notice.closed_at is null) = ($3 = 'open'))
    and ($4::boolean is null or (notice.delivered_at is not null) = $4)
    and ($5::date is null or notice.raised_at >= $5::date::timestamp at time zone market.time_zone)
    and ($6::date is null or notice.raised_at < ($6::date + 1)::timestamp at time zone market.time_zone)
    and ($7::uuid is null or notice.account_id = $7)
    and ($8::text is null or account.number ilike '%' || $8 || '%' or account.customer_name ilike '%' || $8 || '%'
         or exists (select from tenancy join stall using (market_id, stall_id)
                    where tenancy.market_id = $1 and tenancy.account_id = account.account_id and tenancy.to_at is null
                      and stall.code ilike '%' || $8 || '%'))
    and ${inBuildings('account', '$9')}`;

type NoticeColumns = Omit<NoticeRow, 'raisedAt' | 'deliveredAt' | 'closedAt' | 'balanceFen'> & {
  readonly raisedAt: Date;
  readonly deliveredAt: Date | null;
  readonly closedAt: Date | null;
  readonly balanceFen: bigint;
} & Row;

/** In the order asked, newest first where nothing is said, with how many there are in all; of accounts in some buildings alone where those are given. */
export async function listNotices(
  db: Queryable,
  marketId: string,
  query: NoticeQuery,
  buildingIds: readonly string[] | null = null,
): Promise<NoticePage> {
  const { sort = 'raised', descending = query.sort === undefined, page = 1, pageSize = PAGE_SIZE } = query;
  const filters = [
    marketId,
    query.stage ?? null,
    query.state ?? null,
    query.delivered ?? null,
    query.from ?? null,
    query.to ?? null,
    query.accountId ?? null,
    likeText(query.text),
    buildingIds,
  ];
  const [counted] = await db.query<{ total: bigint }>(`select count(*) as total ${MATCHING}`, filters);
  const order = `${SORTS[sort]} ${descending ? 'desc' : 'asc'}`;
  const rows = await db.query<NoticeColumns>(
    `select notice.notice_id as "noticeId", notice.stage, notice.account_id as "accountId",
            account.number as "accountNumber", account.customer_name as "customerName",
            array(select stall.code from tenancy join stall using (market_id, stall_id)
                  where tenancy.market_id = $1 and tenancy.account_id = account.account_id and tenancy.to_at is null
                  order by stall.code) as stalls,
            notice.raised_at as "raisedAt", notice.balance_fen as "balanceFen", notice.channel,
            notice.delivered_at as "deliveredAt", notice.closed_at as "closedAt"
     ${MATCHING} order by ${order}, notice.notice_id desc limit $10 offset $11`,
    [...filters, pageSize, (page - 1) * pageSize],
  );
  return { total: Number(counted?.total ?? 0), notices: rows.map(rowOf) };
}

const rowOf = ({ raisedAt, deliveredAt, closedAt, balanceFen, ...row }: NoticeColumns): NoticeRow => ({
  ...row,
  raisedAt: raisedAt.toISOString(),
  balanceFen: Number(balanceFen),
  deliveredAt: deliveredAt?.toISOString() ?? null,
  closedAt: closedAt?.toISOString() ?? null,
});
