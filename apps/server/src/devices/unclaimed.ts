import type { UnclaimedDevice, UnclaimedPage, UnclaimedQuery } from '@openprepay/contract';
import type { Queryable, Row } from '../platform/database.ts';
import { likeText } from '../platform/like.ts';

/*
 * What called in and belongs to no market, by the page. They are no market's rows, so no statement names one.
 */

const PAGE_SIZE = 50;

const SORTS: Readonly<Record<NonNullable<UnclaimedQuery['sort']>, string>> = {
  lastSeen: 'last_seen_at',
  firstSeen: 'first_seen_at',
  key: 'link_key',
  contacts: 'contacts',
};

const MATCHING = `
  from unclaimed_device
  where ($1::text is null or link = $1)
    and ($2::text is null or link_key ilike '%' || $2 || '%' or remote ilike '%' || $2 || '%')`;

type Columns = Omit<UnclaimedDevice, 'firstSeenAt' | 'lastSeenAt' | 'contacts'> & {
  readonly firstSeenAt: Date;
  readonly lastSeenAt: Date;
  readonly contacts: bigint;
} & Row;

/** In the order asked, who called last first where nothing is said. */
export async function listUnclaimed(db: Queryable, query: UnclaimedQuery): Promise<UnclaimedPage> {
  const { sort = 'lastSeen', descending = query.sort === undefined, page = 1, pageSize = PAGE_SIZE } = query;
  const filters = [query.link ?? null, likeText(query.text)];
  const [counted] = await db.query<{ total: bigint }>(`select count(*) as total ${MATCHING}`, filters);
  const order = `${SORTS[sort]} ${descending ? 'desc' : 'asc'}`;
  const rows = await db.query<Columns>(
    `select link, link_key as "linkKey", first_seen_at as "firstSeenAt", last_seen_at as "lastSeenAt", contacts, remote
     ${MATCHING} order by ${order}, link, link_key limit $3 offset $4`,
    [...filters, pageSize, (page - 1) * pageSize],
  );
  return {
    total: Number(counted?.total ?? 0),
    devices: rows.map(({ firstSeenAt, lastSeenAt, contacts, ...row }) => ({
      ...row,
      firstSeenAt: firstSeenAt.toISOString(),
      lastSeenAt: lastSeenAt.toISOString(),
      contacts: Number(contacts),
    })),
  };
}
