import { settlementCutOff } from '@openprepay/domain';
import type { Queryable } from '../platform/database.ts';
import type { CutOff, Limits } from './spans.ts';
import { buildingTimes, listMarkets } from './store.ts';

/** Up to where each building of a market may be settled at an instant; null where there is no such market. */
export async function limitsOf(db: Queryable, marketId: string, now: Date): Promise<Limits | null> {
  const market = (await listMarkets(db)).find((one) => one.marketId === marketId);
  if (!market) return null;
  const { timeZone } = market;
  const buildings = await buildingTimes(db, marketId);
  const cutOffs = buildings.map(({ buildingId, period, minutes }) => {
    return { buildingId, at: settlementCutOff(period, now, timeZone, minutes) };
  });
  return { marketId, now, timeZone, cutOffs };
}

/** The last end of a day, week or month of each building; of a day where each reading is settled as it comes. */
export async function lastEnds(db: Queryable, { marketId, now, timeZone }: Limits): Promise<CutOff[]> {
  const buildings = await buildingTimes(db, marketId);
  return buildings.map(({ buildingId, period, minutes }) => {
    const at = settlementCutOff(period === 'each_reading' ? 'daily' : period, now, timeZone, minutes);
    return { buildingId, at };
  });
}
