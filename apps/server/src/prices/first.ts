import { parseRule } from '@openprepay/domain';
import type { MeterKind } from '@openprepay/kernel';
import { recordAudit } from '../identity/audit.ts';
import type { Context } from '../platform/context.ts';
import { pricesError } from './errors.ts';
import { insertPlans, insertVersions, isNameTaken, lockPlan } from './store.ts';

export interface FirstPrice {
  readonly planId: string;
  readonly kind: MeterKind;
  readonly name: string;
  /** Yuan per kWh or m³. */
  readonly price: string;
}

const PART = { electricity: 'energy', water: 'water' } as const;

/**
 * Publishes the first price of a kind, in force at once, as the market's default, by one person alone. A second person guards
 * what somebody pays; while no account was ever opened nobody does, and a site with one administrator could never begin.
 * The market's row is locked as whoever opens an account locks it, so none is opened meanwhile. Sent again, it is the same plan.
 * @throws prices.second_person once there is an account, or a price of the kind; prices.name_taken, and what parseRule throws
 */
export async function setFirstPrice(
  ctx: Context,
  who: { readonly marketId: string; readonly operatorId: string },
  { planId, kind, name, price }: FirstPrice,
): Promise<void> {
  const { marketId } = who;
  const rule = { kind: 'flat', parts: [{ name: PART[kind], price }] };
  parseRule(rule);
  const at = ctx.clock.now();
  await ctx.db.tx(async (tx) => {
    await tx.query('select from market where market_id = $1 for no key update', [marketId]);
    if ((await lockPlan(tx, marketId, planId)) !== null) return;
    const [taken] = await tx.query(
      `select from market
       where market_id = $1 and (
         exists (select from account where account.market_id = $1)
         or exists (select from price_plan where price_plan.market_id = $1 and kind = $2 and (market_default or exists (
              select from price_plan_version version
              where version.market_id = $1 and version.plan_id = price_plan.plan_id))))`,
      [marketId, kind],
    );
    if (taken) {
      throw pricesError('prices.second_person', 'there is an account or a price already: a second person has to agree');
    }
    if (await isNameTaken(tx, marketId, name))
      throw pricesError('prices.name_taken', `there is a plan ${name} already`);
    await insertPlans(tx, marketId, [{ planId, kind, name, marketDefault: true }]);
    await insertVersions(tx, marketId, [{ planId, version: 1, validFrom: at, rule }]);
    await recordAudit(tx, {
      ...who,
      at,
      action: 'prices.publish_first',
      subject: `price_plan:${planId}`,
      after: { kind, name, version: 1, validFrom: at, rule },
    });
  });
}
