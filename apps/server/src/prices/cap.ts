import type { CapVerdict, GridPrice, PriceCap } from '@openprepay/contract';
import { type CapFinding, holdAgainstGrid, type PriceRule } from '@openprepay/domain';
import { businessDay, formatPrice, type MeterKind, type MicroYuan, parsePrice } from '@openprepay/kernel';
import { recordAudit } from '../identity/audit.ts';
import type { Context } from '../platform/context.ts';
import type { Queryable } from '../platform/database.ts';
import {
  type GridPriceRow,
  listGridPrices,
  marketPricing,
  type NotedPrice,
  saveGridPrice,
  savePriceCap,
} from './cap-store.ts';
import { pricesError } from './errors.ts';

interface Who {
  readonly marketId: string;
  readonly operatorId: string;
}

export const monthOf = (at: Date, zone: string): string => businessDay(at, zone).slice(0, 'YYYY-MM'.length);

/** What a rule's energy prices are held against, from the month it begins in, or in one month. */
export function capOf(
  rule: PriceRule,
  kind: MeterKind,
  months: { readonly from: string; readonly to: string | null },
  noted: readonly GridPriceRow[],
): CapFinding {
  return holdAgainstGrid(
    rule,
    months,
    noted.filter((one) => one.kind === kind),
  );
}

export const shownCap = ({ verdict, standsIn, over }: CapFinding): CapVerdict => ({
  verdict,
  standsIn,
  over: over.map(({ energy, grid, ...one }) => ({ ...one, energy: formatPrice(energy), grid: formatPrice(grid) })),
});

export async function gridPrices(db: Queryable, marketId: string): Promise<GridPrice[]> {
  return (await listGridPrices(db, marketId)).map(({ price, tariffs, notedAt, ...row }) => ({
    ...row,
    price: formatPrice(price),
    tariffs: tariffs?.map((one) => (one === null ? null : formatPrice(one))) ?? null,
    notedAt: notedAt.toISOString(),
  }));
}

/** @throws prices.bad_grid_price */
export async function putGridPrice(
  ctx: Context,
  who: Who,
  { kind, month }: Pick<NotedPrice, 'kind' | 'month'>,
  { price, tariffs }: { readonly price: string; readonly tariffs: readonly (string | null)[] | null },
): Promise<void> {
  const noted = {
    kind,
    month,
    price: parseGridPrice(price),
    tariffs: tariffs?.map((one) => (one === null ? null : parseGridPrice(one))) ?? null,
  };
  const at = ctx.clock.now();
  await ctx.db.tx(async (tx) => {
    const before = (await listGridPrices(tx, who.marketId)).find((one) => one.kind === kind && one.month === month);
    await saveGridPrice(tx, who.marketId, noted, { operatorId: who.operatorId, at });
    await recordAudit(tx, {
      ...who,
      at,
      action: 'prices.put_grid_price',
      subject: `grid_price:${kind}/${month}`,
      before: before && { price: before.price, tariffs: before.tariffs },
      after: { price: noted.price, tariffs: noted.tariffs },
    });
  });
}

function parseGridPrice(text: string): MicroYuan {
  let price: MicroYuan;
  try {
    price = parsePrice(text);
  } catch {
    throw pricesError('prices.bad_grid_price', `not a price with at most six decimals: ${text}`);
  }
  if (price <= 0n) throw pricesError('prices.bad_grid_price', 'the grid’s price is above 0');
  return price;
}

export async function setPriceCap(ctx: Context, who: Who, priceCap: PriceCap, reason: string): Promise<void> {
  const at = ctx.clock.now();
  await ctx.db.tx(async (tx) => {
    const before = await marketPricing(tx, who.marketId);
    await savePriceCap(tx, who.marketId, priceCap);
    await recordAudit(tx, {
      ...who,
      at,
      action: 'prices.set_price_cap',
      subject: `market:${who.marketId}`,
      reason,
      before: { priceCap: before.priceCap },
      after: { priceCap },
    });
  });
}
