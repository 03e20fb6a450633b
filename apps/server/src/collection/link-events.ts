import { type LinkEvent, ORDINARY_EVENTS } from '@openprepay/contract';
import type { Queryable } from '../platform/database.ts';
import { likeText } from '../platform/like.ts';
import type { Page } from './lists.ts';

/*
 * What happened on the way to devices of a market, by the page.
 */

export interface EventFilter {
  readonly link?: string;
  readonly linkKey?: string;
  readonly meterId?: string;
  readonly event?: string;
  readonly troubles?: boolean;
  readonly search?: string;
  readonly from?: string;
  readonly to?: string;
  readonly sort?: 'at';
  readonly descending?: boolean;
}

/** Without a join, so that counting, and passing over pages, is a walk along the key. */
const MATCHING = `
  from link_event event
  where event.market_id = $1
    and ($2::text is null or event.link = $2) and ($3::text is null or event.link_key = $3)
    and ($4::uuid is null or event.meter_id = $4) and ($5::text is null or event.event = $5)
    and ($6::text[] is null or event.event <> all($6))
    and ($7::text is null or event.link_key ilike '%' || $7 || '%'
         or event.meter_id in (select meter_id from meter where market_id = $1 and serial ilike '%' || $7 || '%'))
    and ($8::date is null or event.at >= $8::date::timestamp at time zone (select time_zone from market where market_id = $1))
    and ($9::date is null
         or event.at < ($9::date + 1)::timestamp at time zone (select time_zone from market where market_id = $1))`;

type EventRow = Omit<LinkEvent, 'at'> & { readonly at: Date } & Record<string, unknown>;

/** Newest first where nothing is said; keys are in order of time. */
export async function linkEventPage(
  db: Queryable,
  marketId: string,
  filter: EventFilter,
  { offset, limit }: Page,
): Promise<{ total: number; events: LinkEvent[] }> {
  const values = [
    marketId,
    filter.link ?? null,
    filter.linkKey ?? null,
    filter.meterId ?? null,
    filter.event ?? null,
    filter.troubles ? ORDINARY_EVENTS : null,
    likeText(filter.search),
    filter.from ?? null,
    filter.to ?? null,
  ];
  const [counted] = await db.query<{ total: bigint }>(`select count(*) as total ${MATCHING}`, values);
  const order = (filter.descending ?? filter.sort === undefined) ? 'desc' : 'asc';
  const rows = await db.query<EventRow>(
    `with page as (select event.event_id ${MATCHING} order by event.event_id ${order} limit $10 offset $11)
     select event.event_id as "eventId", event.at, event.link, event.link_key as "linkKey",
            event.meter_id as "meterId", meter.serial as "meterSerial", event.event, event.detail
     from page
     join link_event event on event.market_id = $1 and event.event_id = page.event_id
     left join meter on meter.market_id = $1 and meter.meter_id = event.meter_id
     order by event.event_id ${order}`,
    [...values, limit, offset],
  );
  return {
    total: Number(counted?.total ?? 0),
    events: rows.map((row) => ({ ...row, at: row.at.toISOString() })),
  };
}
