import type { DataScope, Market } from '@openprepay/contract';
import { type Clock, startOfBusinessDay } from '@openprepay/kernel';
import type { Queryable } from '../platform/database.ts';
import { sitesError } from './errors.ts';
import { type MarketRow, readMarket, readMarkets, type ViewTime } from './grid-store.ts';

/** @param scope whose markets; null for all */
export async function listMarkets(db: Queryable, scope: DataScope | null = null): Promise<Market[]> {
  return (await readMarkets(db, scope && marketsIn(scope))).map((row) => ({
    ...row,
    lowBalanceFen: Number(row.lowBalanceFen),
  }));
}

const marketsIn = (scope: DataScope): readonly string[] | null => {
  if (scope.kind === 'group') return null;
  return scope.kind === 'markets' ? scope.marketIds : [scope.marketId];
};

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
