import type { UnclaimedDevice } from '@openprepay/contract';
import type { Static } from 'typebox';
import type { Queryable } from '../platform/database.ts';
import type { Link } from './types.ts';

const PAGE = 500;

type Unclaimed = Static<typeof UnclaimedDevice>;

/** The latest 500 devices that called in and belong to no market. */
export async function listUnclaimed(db: Queryable): Promise<Unclaimed[]> {
  const rows = await db.query<{
    link: Link;
    link_key: string;
    first_seen_at: Date;
    last_seen_at: Date;
    contacts: bigint;
    remote: string;
  }>(
    `select link, link_key, first_seen_at, last_seen_at, contacts, remote
     from unclaimed_device order by last_seen_at desc limit $1`,
    [PAGE],
  );
  return rows.map((row) => ({
    link: row.link,
    linkKey: row.link_key,
    firstSeenAt: row.first_seen_at.toISOString(),
    lastSeenAt: row.last_seen_at.toISOString(),
    contacts: Number(row.contacts),
    remote: row.remote,
  }));
}
