import { uuidV7 } from '@openprepay/kernel';
import type { Queryable } from '../platform/database.ts';

/*
 * Keys are in order of time: a span of days is a span of keys, and needs no index of its own.
 */

const LEAST = '00000000-0000-0000-0000-000000000000';
const GREATEST = 'ffffffff-ffff-ffff-ffff-ffffffffffff';

interface Days {
  /** Of the market's zone; from the first there was where nothing is said. */
  readonly from?: string | undefined;
  /** Inclusive. */
  readonly to?: string | undefined;
}

/** The least key that days could have, and the least that comes after them; null where there is no such market. */
export async function keysOfDays(
  db: Queryable,
  marketId: string,
  { from, to }: Days,
): Promise<[from: string, before: string] | null> {
  const [days] = await db.query<{ begin: Date | null; end: Date | null }>(
    `select $2::date::timestamp at time zone time_zone as begin, ($3::date + 1)::timestamp at time zone time_zone as end
     from market where market_id = $1`,
    [marketId, from ?? null, to ?? null],
  );
  return days ? [days.begin ? leastKey(days.begin) : LEAST, days.end ? leastKey(days.end) : GREATEST] : null;
}

const leastKey = (at: Date): string => uuidV7(at, new Uint8Array(10));
