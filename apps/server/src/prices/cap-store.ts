import type { PriceCap } from '@openprepay/contract';
import type { MeterKind, MicroYuan } from '@openprepay/kernel';
import type { Queryable } from '../platform/database.ts';

export interface GridPriceRow {
  readonly kind: MeterKind;
  readonly month: string;
  readonly price: MicroYuan;
  readonly tariffs: (MicroYuan | null)[] | null;
  readonly notedByName: string | null;
  readonly notedAt: Date;
}

/** Newest first. */
export async function listGridPrices(db: Queryable, marketId: string): Promise<GridPriceRow[]> {
  return db.query<GridPriceRow & Record<string, unknown>>(
    `select kind, month, price_micro_yuan as price, tariff_micro_yuan as tariffs, operator.name as "notedByName",
            noted_at as "notedAt"
     from grid_price
     left join operator on operator_id = noted_by
     where market_id = $1
     order by month desc, kind`,
    [marketId],
  );
}

export interface NotedPrice {
  readonly kind: MeterKind;
  readonly month: string;
  readonly price: MicroYuan;
  readonly tariffs: readonly (MicroYuan | null)[] | null;
}

export async function saveGridPrice(
  tx: Queryable,
  marketId: string,
  { kind, month, price, tariffs }: NotedPrice,
  by: { readonly operatorId: string; readonly at: Date },
): Promise<void> {
  await tx.query(
    `insert into grid_price (market_id, kind, month, price_micro_yuan, tariff_micro_yuan, noted_by, noted_at)
     values ($1, $2, $3, $4, $5, $6, $7)
     on conflict (market_id, kind, month) do update
     set price_micro_yuan = excluded.price_micro_yuan, tariff_micro_yuan = excluded.tariff_micro_yuan,
         noted_by = excluded.noted_by, noted_at = excluded.noted_at`,
    [marketId, kind, month, price, tariffs, by.operatorId, by.at],
  );
}

export interface MarketPricing {
  readonly timeZone: string;
  readonly priceCap: PriceCap;
}

export async function marketPricing(db: Queryable, marketId: string): Promise<MarketPricing> {
  const [row] = await db.query<MarketPricing & Record<string, unknown>>(
    'select time_zone as "timeZone", price_cap as "priceCap" from market where market_id = $1',
    [marketId],
  );
  return row as MarketPricing;
}

export async function savePriceCap(tx: Queryable, marketId: string, priceCap: PriceCap): Promise<void> {
  await tx.query('update market set price_cap = $2 where market_id = $1', [marketId, priceCap]);
}
