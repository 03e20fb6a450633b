import type { SwitchingRules } from '@openprepay/contract';
import { recordAudit } from '../identity/audit.ts';
import type { Context } from '../platform/context.ts';
import type { Queryable, Row } from '../platform/database.ts';
import type { RuleAct } from './calendar.ts';
import { controlError } from './errors.ts';

const RULES = `select restore_minimum_fen, reclose_per_s, stale_after_s, not_open_is_off, command_limit_s from market where market_id = $1`;

/** @throws control.no_such_market */
export const switchingRules = ({ db }: Context, marketId: string): Promise<SwitchingRules> =>
  readRules(db, RULES, marketId);

/**
 * Sets when supply comes back and how fast, on how old data it is still cut, how long a switch is tried, and whether a stall
 * without an account is off.
 * The next sweep decides by it; who has a turn already keeps it.
 * @throws control.no_such_market
 */
export async function setSwitchingRules(ctx: Context, act: RuleAct, rules: SwitchingRules): Promise<void> {
  const { marketId, operatorId } = act;
  const { restoreMinimumFen, reclosePerS, staleAfterS, notOpenIsOff, commandLimitS } = rules;
  await ctx.db.tx(async (tx) => {
    const before = await readRules(tx, `${RULES} for no key update`, marketId);
    await tx.query(
      `update market set restore_minimum_fen = $2, reclose_per_s = $3, stale_after_s = $4, not_open_is_off = $5,
                         command_limit_s = $6
       where market_id = $1`,
      [marketId, restoreMinimumFen, reclosePerS, staleAfterS, notOpenIsOff, commandLimitS],
    );
    await recordAudit(tx, {
      at: ctx.clock.now(),
      marketId,
      operatorId,
      action: 'control.set_switching_rules',
      subject: `market:${marketId}`,
      before,
      after: rules,
    });
  });
}

interface RulesRow extends Row {
  restore_minimum_fen: bigint;
  reclose_per_s: number | null;
  stale_after_s: number;
  not_open_is_off: boolean;
  command_limit_s: number;
}

async function readRules(db: Queryable, sql: string, marketId: string): Promise<SwitchingRules> {
  const [row] = await db.query<RulesRow>(sql, [marketId]);
  if (!row) throw controlError('control.no_such_market', `no market ${marketId}`);
  return {
    restoreMinimumFen: Number(row.restore_minimum_fen),
    reclosePerS: row.reclose_per_s,
    staleAfterS: row.stale_after_s,
    notOpenIsOff: row.not_open_is_off,
    commandLimitS: row.command_limit_s,
  };
}
