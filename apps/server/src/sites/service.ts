import type { Market } from '@openprepay/contract';
import { type Clock, startOfBusinessDay } from '@openprepay/kernel';
import type { Queryable } from '../platform/database.ts';
import { sitesError } from './errors.ts';
import { type MarketRow, readMarket, readMarkets, type ViewTime } from './grid-store.ts';

export async function listMarkets(db: Queryable): Promise<Market[]> {
  return (await readMarkets(db)).map((row) => ({ ...row, lowBalanceFen: Number(row.lowBalanceFen) }));
}

/** @throws sites.no_such_market */
export async function requireMarket(db: Queryable, marketId: string): Promise<MarketRow> {
  const market = await readMarket(db, marketId);
  if (!market) throw sitesError('sites.no_such_market', `there is no market ${marketId}`);
  return market;
}

export function viewTime(clock: Clock, market: MarketRow): ViewTime {
  const at = clock.now();
  return { at, dayStart: startOfBusinessDay(at, market.timeZone) };
}
