import type { CollectorSession, CollectorSessions } from '@openprepay/contract';
import type { HeadendDesk, Session } from '../headend/index.ts';
import type { Queryable } from '../platform/database.ts';
import { marketSummary, type Page } from './lists.ts';
import { metersLike, metersNamed } from './meters.ts';

export interface SessionFilter {
  readonly search?: string;
  readonly link?: string;
}

/** Who is connected, of this market alone: a session is shown with those of its meters that belong to it. */
export async function sessionPage(
  db: Queryable,
  desk: HeadendDesk,
  marketId: string,
  at: Date,
  filter: SessionFilter,
  page: Page,
): Promise<CollectorSessions> {
  const ours = [...desk.sessions()].filter((session) => metersOf(session, marketId).length > 0);
  const fitting = filter.search ? new Set(await metersLike(db, marketId, filter.search)) : null;
  const chosen = ours
    .filter((session) => filter.link === undefined || session.link === filter.link)
    .filter((session) => !fitting || metersOf(session, marketId).some(({ device }) => fitting.has(device.meterId)))
    .sort((a, b) => a.link.localeCompare(b.link) || a.linkKey.localeCompare(b.linkKey));
  return {
    at: at.toISOString(),
    summary: {
      connections: ours.length,
      metersReachable: ours.reduce((sum, session) => sum + metersOf(session, marketId).length, 0),
      framesTraced: desk.frames.countOf(marketId),
      ...(await marketSummary(db, marketId, at)),
    },
    total: chosen.length,
    sessions: await sessionViews(db, marketId, chosen.slice(page.offset, page.offset + page.limit)),
  };
}

const metersOf = (session: Session, marketId: string) =>
  session.meters.filter(({ device }) => device.marketId === marketId);

async function sessionViews(
  db: Queryable,
  marketId: string,
  sessions: readonly Session[],
): Promise<CollectorSession[]> {
  const meterIds = sessions.flatMap((session) => metersOf(session, marketId).map(({ device }) => device.meterId));
  const [names, gateways] = await Promise.all([
    metersNamed(db, marketId, meterIds),
    gatewayNames(db, marketId, sessions),
  ]);
  const nowMs = performance.now();
  return sessions.map((session) => ({
    link: session.link,
    linkKey: session.linkKey,
    name: gateways.get(`${session.link} ${session.linkKey}`) ?? null,
    remote: session.remote,
    connectedForS: Math.round((nowMs - session.sinceMs) / 1_000),
    meters: metersOf(session, marketId).map(({ device, lastReportAt }) => ({
      meterId: device.meterId,
      meterSerial: names.get(device.meterId)?.meterSerial ?? '',
      meterKind: device.kind,
      busAddress: device.busAddress,
      stallCode: names.get(device.meterId)?.stallCode ?? null,
      lastReportAt: lastReportAt?.toISOString() ?? null,
    })),
  }));
}

async function gatewayNames(
  db: Queryable,
  marketId: string,
  sessions: readonly Session[],
): Promise<Map<string, string>> {
  const rows = await db.query<{ link: string; link_key: string; name: string }>(
    `select gateway.link, gateway.link_key, gateway.name
     from gateway join unnest($2::text[], $3::text[]) as shown (link, link_key) using (link, link_key)
     where gateway.market_id = $1`,
    [marketId, sessions.map((session) => session.link), sessions.map((session) => session.linkKey)],
  );
  return new Map(rows.map((row) => [`${row.link} ${row.link_key}`, row.name]));
}
