import type { SwitchPast } from '@openprepay/contract';
import type { NoticeStage } from '@openprepay/domain';
import { NOTICE_STAGES } from '@openprepay/domain';
import type { Queryable, Row } from '../platform/database.ts';
import { changeView, readChanges } from './why.ts';

/**
 * How a meter was at a past instant: what was wanted and why, how far its order had come, and what its tenant of then had
 * been told. All of it was written down when it happened; nothing is worked out again.
 */
export async function switchPast(db: Queryable, marketId: string, meterId: string, at: Date): Promise<SwitchPast> {
  const [[change], [order], notices] = await Promise.all([
    readChanges(db, marketId, meterId, at, 1),
    readOrder(db, marketId, meterId, at),
    readNotices(db, marketId, meterId, at),
  ]);
  return {
    at: at.toISOString(),
    change: change ? changeView(change) : null,
    order: order
      ? {
          wanted: order.wanted,
          createdAt: order.created_at.toISOString(),
          sentAt: until(order.sent_at, at),
          confirmedAt: order.state === 'confirmed' ? until(order.finished_at, at) : null,
        }
      : null,
    notices: notices
      .toSorted((a, b) => NOTICE_STAGES.indexOf(a.stage) - NOTICE_STAGES.indexOf(b.stage))
      .map(({ stage, delivered_at, balance_fen }) => {
        return { stage, deliveredAt: until(delivered_at, at), balanceFen: Number(balance_fen) };
      }),
  };
}

/** Null where it had not happened yet. */
const until = (when: Date | null, at: Date): string | null => (when !== null && when <= at ? when.toISOString() : null);

interface OrderRow extends Row {
  wanted: 'on' | 'off';
  state: string;
  created_at: Date;
  sent_at: Date | null;
  finished_at: Date | null;
}

const readOrder = (db: Queryable, marketId: string, meterId: string, at: Date): Promise<OrderRow[]> =>
  db.query<OrderRow>(
    `select wanted, state, created_at, sent_at, finished_at from command
     where market_id = $1 and meter_id = $2 and kind = 'switch' and created_at <= $3
     order by created_at desc, command_id desc limit 1`,
    [marketId, meterId, at],
  );

interface NoticeRow extends Row {
  stage: NoticeStage;
  delivered_at: Date | null;
  balance_fen: bigint;
}

const readNotices = (db: Queryable, marketId: string, meterId: string, at: Date): Promise<NoticeRow[]> =>
  db.query<NoticeRow>(
    `select notice.stage, notice.delivered_at, notice.balance_fen
     from meter_binding binding
     join tenancy on tenancy.market_id = binding.market_id and tenancy.stall_id = binding.stall_id
       and tenancy.from_at <= $3 and (tenancy.to_at is null or tenancy.to_at > $3)
     join notice on notice.market_id = tenancy.market_id and notice.account_id = tenancy.account_id
       and notice.raised_at <= $3 and (notice.closed_at is null or notice.closed_at > $3)
     where binding.market_id = $1 and binding.meter_id = $2
       and binding.from_at <= $3 and (binding.to_at is null or binding.to_at > $3)`,
    [marketId, meterId, at],
  );
