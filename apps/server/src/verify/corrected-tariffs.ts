import { correctInterval, type MeterValue, type PriceRule, parseRule } from '@openprepay/domain';
import type { NanoYuan, Quantity } from '@openprepay/kernel';
import type { Queryable } from '../platform/database.ts';
import { isAgain, type Rule, type Subject } from './rule.ts';

interface CorrectionRow extends Record<string, unknown> {
  readonly correction_id: string;
  readonly plan_id: string;
  readonly plan_version: number;
  readonly rule: unknown;
  readonly edge: 'start' | 'end';
  readonly billing_period: string;
  readonly period_from: Date;
  readonly use_before: Quantity;
  readonly exact_before_nano_yuan: NanoYuan;
  readonly said_value: Quantity;
  readonly true_value: Quantity;
  readonly read_at: Date;
  readonly other_at: Date;
  readonly other_total: Quantity;
  readonly uses: readonly { readonly step: number | null; readonly tariff: string | null; readonly use: string }[];
  readonly time_zone: string;
}

/** Times of use, as far as what the correction was divided by is still there. */
const CORRECTIONS = `
  from charge_correction correction
  join charge on charge.market_id = $1 and charge.charge_id = correction.charge_id
  join market on market.market_id = $1
  join price_plan_version version
    on version.market_id = $1 and version.plan_id = correction.plan_id and version.version = correction.plan_version
  cross join lateral (
    select case edge when 'end' then charge.to_at else charge.from_at end as read_at,
           (select count(*) from reading
            where reading.market_id = $1 and reading.meter_id = charge.meter_id and quality = 'good'
              and read_at between charge.from_at and charge.to_at) as readings) one
  join reading wrong
    on wrong.market_id = $1 and wrong.meter_id = charge.meter_id and wrong.read_at = one.read_at
  cross join lateral (
    select read_at, total, tariffs, said_total from reading
    where reading.market_id = $1 and reading.meter_id = charge.meter_id and quality = 'good'
      and case edge when 'end' then read_at < one.read_at else read_at > one.read_at end
    order by abs(extract(epoch from read_at - one.read_at)) limit 1) other
  where correction.market_id = $1 and rule ->> 'kind' in ('tou', 'steps_tou') and one.readings = charge.intervals + 1
    and other.said_total is null
    and (rule ->> 'by' = 'intervals' or other.tariffs is null or wrong.origin = 'estimated')`;

/**
 * Where an interval of a correction was divided by time, the division follows from its two readings, and this rule asks the
 * domain again. One divided by registers is not asked, for a value put right has none any more; nor one whose charge has got
 * readings since, or whose other end was put right too.
 */
export const correctedTariffsRule: Rule = {
  name: 'what a correction gives and takes is in the tariffs that the time says',
  counts: `select count(*) ${CORRECTIONS}`,
  values: async (db, subject) => [await wrongDivisions(db, subject)],
  problems: 'select problem from unnest($2::text[]) as t (problem) where $1::uuid is not null',
};

async function wrongDivisions(db: Queryable, { marketId }: Subject): Promise<readonly string[]> {
  const corrections = await db.query<CorrectionRow>(
    `select correction.*, rule, one.read_at, other.read_at as other_at, other.total as other_total, time_zone
     ${CORRECTIONS} order by correction_id`,
    [marketId],
  );
  const rules = new Map<string, PriceRule>();
  return corrections.flatMap((correction) => {
    const key = `${correction.plan_id} ${correction.plan_version}`;
    const rule = rules.get(key) ?? parseRule(correction.rule);
    rules.set(key, rule);
    if (isAgain(() => isDividedByTime(correction, rule))) return [];
    return [`correction ${correction.correction_id}: ${JSON.stringify(correction.uses)}`];
  });
}

function isDividedByTime(row: CorrectionRow, rule: PriceRule): boolean {
  const state = {
    billingPeriod: row.billing_period,
    periodFrom: row.period_from,
    use: row.use_before,
    exact: row.exact_before_nano_yuan,
  };
  const version = { planId: row.plan_id, version: row.plan_version, validFrom: row.period_from, rule };
  const other: MeterValue = { readAt: row.other_at, total: row.other_total, tariffs: null };
  const interval = (total: Quantity) => {
    const value: MeterValue = { readAt: row.read_at, total, tariffs: null };
    return row.edge === 'end' ? { from: other, to: value } : { from: value, to: other };
  };
  const { uses } = correctInterval(state, version, interval(row.said_value), interval(row.true_value), row.time_zone);
  const inWords = (list: readonly { step: number | null; tariff: string | null; use: unknown }[]) =>
    list.map(({ step, tariff, use }) => `${step} ${tariff} ${use}`).join();
  return inWords(uses) === inWords(row.uses);
}
