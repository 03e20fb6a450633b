import { fen, uuidV7 } from '@openprepay/kernel';
import { requestApproval } from '../src/approvals/service.ts';
import { openExceptions } from '../src/commands/exceptions.ts';
import { setOverride } from '../src/control/service.ts';
import { openShift } from '../src/counter/shifts.ts';
import { topUp } from '../src/counter/top-up.ts';
import type { Office } from '../src/identity/test-support/staff.ts';
import type { Database } from '../src/platform/database.ts';
import { intake } from '../src/readings/index.ts';
import { callerOf } from './callers.ts';
import type { TestMarket } from './market.ts';

/** Something of everything that a market can show. */
export async function fillMarket({ ctx }: Office, market: TestMarket, operatorId: string, mark: string): Promise<void> {
  const { marketId, meters } = market;
  const at = ctx.clock.now();
  const operator = callerOf({ operatorId, login: 'x', name: 'x', role: 'admin' });
  await ctx.db.query(`update account set customer_name = $2 || customer_name where market_id = $1`, [marketId, mark]);
  await ctx.db.query(`update meter set serial = $2 || serial where market_id = $1`, [marketId, mark]);
  await ctx.db.query(`update stall set code = $2 || code where market_id = $1`, [marketId, mark]);
  await openShift(ctx, marketId, operatorId, fen(100));
  for (const { meterId, accountId } of meters) {
    const sale = { requestId: uuidV7(at), amountFen: fen(500), method: 'cash', memo: mark, operatorId } as const;
    await topUp(ctx, { marketId, accountId, ...sale });
    await intake(ctx.db, reportsOf(market, meterId));
    await takePhoto(ctx.db, marketId, meterId, at);
    await setOverride(ctx, { marketId, meterId, override: 'forced_on', reason: mark, until: null, operatorId });
    const detail = { command: 'switch', wanted: 'on', readBack: null, writes: 1 } as const;
    await ctx.db.tx((tx) => openExceptions(tx, marketId, at, [{ meterId, kind: 'switch_not_confirmed', detail }]));
  }
  const act = { kind: 'refund_cash', accountId: meters[0]?.accountId ?? '', amountFen: 1 } as const;
  await requestApproval(ctx, marketId, { requestId: uuidV7(at), act, reason: mark }, operator);
}

async function takePhoto(db: Database, marketId: string, meterId: string, at: Date): Promise<void> {
  const photoId = uuidV7(at);
  await db.query(
    `insert into photo (market_id, photo_id, taken_at, operator_id, media_type, bytes) values ($1, $2, $3, $2, 'image/png', '')`,
    [marketId, photoId, at],
  );
  await db.query('update reading set photo_id = $3 where market_id = $1 and meter_id = $2', [
    marketId,
    meterId,
    photoId,
  ]);
}

/** A good reading and one that falls, which puts a hold on the meter. */
function reportsOf({ marketId, kind }: TestMarket, meterId: string) {
  return [5_000n, 4_000n].map((total, index) => {
    const readAt = new Date(Date.UTC(2026, 2, 2, 0, index));
    const reading = { readAt, total, tariffs: null, origin: 'pushed' } as const;
    const known = { marketId, meterId, kind, model: 'DDSY1352-NK', ctRatio: 1, receivedAt: readAt, frame: null };
    return { ...known, reading, switchState: null } as Parameters<typeof intake>[1][number];
  });
}

const firstOf = ({ marketId, meters: [meter] }: TestMarket, extra: Record<string, string>) => ({
  marketId,
  stallId: meter?.stallId ?? '',
  meterId: meter?.meterId ?? '',
  accountId: meter?.accountId ?? '',
  ...extra,
});

/** What a path may name of a market, and is there. */
export async function knownOf({ ctx }: Office, market: TestMarket): Promise<Record<string, string>> {
  const { marketId } = market;
  const one = async (sql: string, id: string): Promise<string> =>
    (await ctx.db.query<{ id: string }>(sql, [id]))[0]?.id ?? '';
  const ofFirst = async (sql: string, name: 'accountId' | 'meterId'): Promise<string> =>
    (await ctx.db.query<{ id: string }>(sql, [marketId, market.meters[0]?.[name]]))[0]?.id ?? '';
  return firstOf(market, {
    txId: await ofFirst('select tx_id as id from receipt where market_id = $1 and account_id = $2', 'accountId'),
    photoId: await ofFirst('select photo_id as id from reading where market_id = $1 and meter_id = $2', 'meterId'),
    approvalId: await one('select approval_id as id from approval where market_id = $1 limit 1', marketId),
    holdId: await ofFirst('select hold_id as id from hold where market_id = $1 and meter_id = $2', 'meterId'),
    shiftId: await one('select shift_id as id from shift where market_id = $1 limit 1', marketId),
  });
}
