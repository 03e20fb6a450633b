import { type PricePart, type PriceRule, parseRule, unitPrice } from '@openprepay/domain';
import type { MicroYuan } from '@openprepay/kernel';
import type { Queryable } from '../platform/database.ts';
import type { Subject } from './rule.ts';

/** One unit price of a version: that of a step (0 where there are none) and a tariff ('' where there are none). */
interface UnitPrice {
  readonly step: number;
  readonly tariff: string;
  readonly microYuan: MicroYuan;
  /** Where the step begins and ends in the use of its billing period. */
  readonly low: bigint;
  readonly high: bigint | null;
}

/** Every unit price of the market, read from its rules. */
export async function prices(db: Queryable, { marketId }: Subject): Promise<readonly unknown[]> {
  const versions = await db.query<{ plan_id: string; version: number; rule: unknown }>(
    'select plan_id, version, rule from price_plan_version where market_id = $1',
    [marketId],
  );
  const rows = versions.flatMap(({ rule, ...version }) => {
    const parsed = parseRule(rule);
    return unitPrices(parsed).map((price) => ({
      ...version,
      ...price,
      period: 'period' in parsed ? parsed.period : null,
      perDay: parsed.standingPerDay ?? 0n,
    }));
  });
  return [
    rows.map((row) => row.plan_id),
    rows.map((row) => row.version),
    rows.map((row) => row.period),
    rows.map((row) => row.step),
    rows.map((row) => row.tariff),
    rows.map((row) => row.microYuan),
    rows.map((row) => row.low),
    rows.map((row) => row.high),
    rows.map((row) => row.perDay),
  ];
}

function unitPrices(rule: PriceRule): UnitPrice[] {
  const whole = { step: 0, low: 0n, high: null };
  if (rule.kind === 'flat') return [{ ...whole, tariff: '', microYuan: unitPrice(rule.price) }];
  if (rule.kind === 'tou') return byTariff(rule.price).map((one) => ({ ...whole, ...one }));
  const stepped = rule.steps.map((one, index) => ({
    step: index + 1,
    low: rule.steps[index - 1]?.upTo ?? 0n,
    high: one.upTo,
  }));
  return stepped.flatMap((step, index) => {
    if (rule.kind === 'steps') return { ...step, tariff: '', microYuan: unitPrice(rule.steps[index]?.price ?? []) };
    return byTariff(rule.steps[index]?.price ?? {}).map((one) => ({ ...step, ...one }));
  });
}

const byTariff = (prices: Readonly<Record<string, readonly PricePart[]>>) =>
  Object.entries(prices).map(([tariff, parts]) => ({ tariff, microYuan: unitPrice(parts) }));

/** The prices as a table, from the values that prices gives. */
export const PRICES = `
  with price as (
    select * from unnest($2::uuid[], $3::integer[], $4::text[], $5::integer[], $6::text[], $7::bigint[], $8::bigint[],
                         $9::bigint[], $10::bigint[])
      as t (plan_id, version, period, step, tariff, micro_yuan, low, high, per_day)
  )`;
