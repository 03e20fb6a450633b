import type { AlarmLadder } from '@openprepay/contract';
import { recordAudit } from '../identity/audit.ts';
import type { Context } from '../platform/context.ts';
import type { Queryable, Row } from '../platform/database.ts';
import type { RuleAct } from './calendar.ts';
import { controlError } from './errors.ts';

const LADDER =
  'select low_balance_fen, alarm_2_fen, alarm_rearm_fen, final_notice_wait_s from market where market_id = $1';

/** @throws control.no_such_market */
export const alarmLadder = ({ db }: Context, marketId: string): Promise<AlarmLadder> =>
  readLadder(db, LADDER, marketId);

/**
 * Sets at which amounts a market warns. The next sweep raises and closes notices by it; a final notice that waits goes on
 * waiting for as long as is said now.
 * @throws control.no_such_market, control.alarm_2_not_below_alarm_1
 */
export async function setAlarmLadder(ctx: Context, act: RuleAct, ladder: AlarmLadder): Promise<void> {
  const { marketId, operatorId } = act;
  const { lowBalanceFen, alarm2Fen, rearmFen, finalNoticeWaitS } = ladder;
  if (alarm2Fen !== null && alarm2Fen >= lowBalanceFen) {
    throw controlError('control.alarm_2_not_below_alarm_1', `${alarm2Fen} fen is not below ${lowBalanceFen} fen`);
  }
  await ctx.db.tx(async (tx) => {
    const before = await readLadder(tx, `${LADDER} for no key update`, marketId);
    await tx.query(
      `update market set low_balance_fen = $2, alarm_2_fen = $3, alarm_rearm_fen = $4, final_notice_wait_s = $5
       where market_id = $1`,
      [marketId, lowBalanceFen, alarm2Fen, rearmFen, finalNoticeWaitS],
    );
    await recordAudit(tx, {
      at: ctx.clock.now(),
      marketId,
      operatorId,
      action: 'control.set_alarm_ladder',
      subject: `market:${marketId}`,
      before,
      after: ladder,
    });
    await tx.notify('grid', marketId);
  });
}

interface LadderRow extends Row {
  low_balance_fen: bigint;
  alarm_2_fen: bigint | null;
  alarm_rearm_fen: bigint;
  final_notice_wait_s: number;
}

async function readLadder(db: Queryable, sql: string, marketId: string): Promise<AlarmLadder> {
  const [row] = await db.query<LadderRow>(sql, [marketId]);
  if (!row) throw controlError('control.no_such_market', `no market ${marketId}`);
  return {
    lowBalanceFen: Number(row.low_balance_fen),
    alarm2Fen: row.alarm_2_fen === null ? null : Number(row.alarm_2_fen),
    rearmFen: Number(row.alarm_rearm_fen),
    finalNoticeWaitS: row.final_notice_wait_s,
  };
}
