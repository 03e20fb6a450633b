import { chargeReadings, type MeterValue, type PriceRule, parseRule } from '@openprepay/domain';
import type { NanoYuan, Quantity } from '@openprepay/kernel';
import type { Queryable } from '../platform/database.ts';
import { isAgain, type Rule, type Subject } from './rule.ts';

const BATCH = 2_000;
const BEFORE_ALL = '00000000-0000-0000-0000-000000000000';

interface ChargeRow extends Record<string, unknown> {
  readonly charge_id: string;
  readonly meter_id: string;
  readonly plan_id: string;
  readonly plan_version: number;
  readonly billing_period: string;
  readonly period_from: Date;
  readonly intervals: number;
  readonly use_before: Quantity;
  readonly exact_before_nano_yuan: NanoYuan;
  readonly uses: readonly { readonly step: number | null; readonly tariff: string | null; readonly use: string }[];
  readonly time_zone: string;
  readonly read_ats: readonly Date[];
  readonly totals: readonly Quantity[];
  readonly tariffs: readonly (readonly (string | null)[] | null)[];
}

/**
 * Which tariff use belongs to follows from every reading between the two of a charge, so this one rule asks the domain
 * again. A charge into whose time a good reading came later, or whose readings were put right, is not asked: it was divided
 * by what was known.
 */
export const timeOfUseRule: Rule = {
  name: 'use was in the tariffs that the readings say',
  counts: `
    select count(*) from charge
    join price_plan_version version using (market_id, plan_id)
    where market_id = $1 and version.version = charge.plan_version and rule ->> 'kind' in ('tou', 'steps_tou')`,
  values: async (db, subject) => [await wrongDivisions(db, subject)],
  problems: 'select problem from unnest($2::text[]) as t (problem) where $1::uuid is not null',
};

async function wrongDivisions(db: Queryable, { marketId }: Subject): Promise<readonly string[]> {
  const rules = await timeOfUsePrices(db, marketId);
  const problems: string[] = [];
  let last = rules.size === 0 ? null : BEFORE_ALL;
  while (last !== null) {
    const charges = await chargesAfter(db, marketId, last);
    for (const charge of charges) {
      const rule = rules.get(`${charge.plan_id} ${charge.plan_version}`);
      const isWhole = charge.read_ats.length === charge.intervals + 1;
      if (!rule || !isWhole || isAgain(() => isDividedAsRead(charge, rule))) continue;
      problems.push(`charge ${charge.charge_id} of meter ${charge.meter_id}: ${JSON.stringify(charge.uses)}`);
    }
    last = charges.length < BATCH ? null : (charges.at(-1)?.charge_id ?? null);
  }
  return problems;
}

async function timeOfUsePrices(db: Queryable, marketId: string): Promise<ReadonlyMap<string, PriceRule>> {
  const rows = await db.query<{ plan_id: string; version: number; rule: unknown }>(
    `select plan_id, version, rule from price_plan_version
     where market_id = $1 and rule ->> 'kind' in ('tou', 'steps_tou')`,
    [marketId],
  );
  return new Map(rows.map((row) => [`${row.plan_id} ${row.version}`, parseRule(row.rule)]));
}

const chargesAfter = (db: Queryable, marketId: string, afterId: string): Promise<ChargeRow[]> =>
  db.query<ChargeRow>(
    `select charge.*, time_zone, value.*
     from (
       select charge.* from charge
       join price_plan_version version using (market_id, plan_id)
       where market_id = $1 and charge_id > $2 and version.version = plan_version
         and rule ->> 'kind' in ('tou', 'steps_tou')
         and not exists (
           select from charge_correction corrected
           where corrected.market_id = $1 and corrected.charge_id = charge.charge_id)
       order by charge_id limit ${BATCH}) charge
     join market using (market_id)
     cross join lateral (
       select array_agg(read_at order by read_at) as read_ats, array_agg(total order by read_at) as totals,
              jsonb_agg(tariffs::text[] order by read_at) as tariffs
       from reading
       where reading.market_id = $1 and reading.meter_id = charge.meter_id and quality = 'good'
         and read_at between from_at and to_at) value
     order by charge_id`,
    [marketId, afterId],
  );

function isDividedAsRead(charge: ChargeRow, rule: PriceRule): boolean {
  const { plan_id: planId, plan_version: version, period_from: periodFrom, billing_period: billingPeriod } = charge;
  const before = { billingPeriod, periodFrom, use: charge.use_before, exact: charge.exact_before_nano_yuan };
  const inForce = { planId, version, validFrom: periodFrom, rule };
  const again = chargeReadings(before, readingsOf(charge), [inForce], charge.time_zone);
  const uses = again[0]?.uses.map(({ step, tariff, use }) => `${step} ${tariff} ${use}`).join();
  return again.length === 1 && uses === charge.uses.map(({ step, tariff, use }) => `${step} ${tariff} ${use}`).join();
}

const readingsOf = ({ read_ats, totals, tariffs }: ChargeRow): MeterValue[] =>
  read_ats.flatMap((readAt, index) => {
    const total = totals[index];
    return total === undefined ? [] : [{ readAt, total, tariffs: tariffs[index]?.map(toBigint) ?? null }];
  });

const toBigint = (text: string | null) => (text === null ? null : BigInt(text));
