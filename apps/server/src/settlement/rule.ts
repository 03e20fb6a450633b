import type { ProvisionalRule } from '@openprepay/contract';
import { recordAudit } from '../identity/audit.ts';
import type { Context } from '../platform/context.ts';
import type { Queryable } from '../platform/database.ts';
import { settlementError } from './errors.ts';

const RULE = 'select provisional_after_s from market where market_id = $1';

/** @throws settlement.no_such_market */
export const provisionalRule = ({ db }: Context, marketId: string): Promise<ProvisionalRule> =>
  readRule(db, RULE, marketId);

/**
 * Sets after how long a meter without data is charged by its average. What was charged so stays until its data comes,
 * whatever is set.
 * @throws settlement.no_such_market, settlement.sooner_than_stale: while a meter's data counts as fresh its supply may be cut, and an
 *   average must never do that
 */
export async function setProvisionalRule(
  ctx: Context,
  { marketId, operatorId }: { readonly marketId: string; readonly operatorId: string },
  rule: ProvisionalRule,
): Promise<void> {
  await ctx.db.tx(async (tx) => {
    const before = await readRule(tx, `${RULE} for no key update`, marketId);
    const [set] = await tx.query(
      `update market set provisional_after_s = $2
       where market_id = $1 and ($2::integer is null or $2 >= stale_after_s) returning market_id`,
      [marketId, rule.afterS],
    );
    if (!set) throw settlementError('settlement.sooner_than_stale', 'the data of a meter is still fresh by then');
    await recordAudit(tx, {
      at: ctx.clock.now(),
      marketId,
      operatorId,
      action: 'settlement.set_provisional_rule',
      subject: `market:${marketId}`,
      before,
      after: rule,
    });
  });
}

async function readRule(db: Queryable, sql: string, marketId: string): Promise<ProvisionalRule> {
  const [row] = await db.query<{ provisional_after_s: number | null }>(sql, [marketId]);
  if (!row) throw settlementError('settlement.no_such_market', `no market ${marketId}`);
  return { afterS: row.provisional_after_s };
}
