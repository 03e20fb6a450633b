import { fen, negateFen, uuidV7 } from '@openprepay/kernel';
import { type TestClock, testClock, testContext } from '../../../test-support/database.ts';
import { topUp } from '../../counter/index.ts';
import { post } from '../../ledger/index.ts';
import type { Context } from '../../platform/context.ts';
import { importSite } from '../../sites/import.ts';
import { electricityMeter, type TestStall, testSite } from '../../sites/test-support/site.ts';

export const OPERATOR = '00000000-0000-7000-8000-000000000001';

/** One market, and the facts that other rooms would write. */
export interface World {
  readonly ctx: Context;
  readonly clock: TestClock;
  readonly marketId: string;
  meterOf(code: string): Promise<string>;
  accountOf(code: string): Promise<string>;
  charge(code: string, amountFen: number): Promise<void>;
  topUp(code: string, amountFen: number): Promise<void>;
  /** A good reading of the meter, now. */
  read(code: string): Promise<void>;
  /** The meter says what its switch is, now. */
  report(code: string, state: 'on' | 'off' | 'fault'): Promise<void>;
  /** The meter's open command comes to its end, now. */
  endCommand(code: string, state: 'confirmed' | 'failed'): Promise<void>;
  control(code: string): Promise<{ wanted: string | null; reason: string | null; seq: bigint; override: string }>;
  /** `wanted cause state` of each command of the stall, oldest first. */
  commands(code: string): Promise<string[]>;
  /** `stage open|closed` of each notice, oldest first. */
  notices(code: string): Promise<string[]>;
}

const START = '2026-03-02T02:00:00Z';
const clock = testClock(START);
let shared: Promise<Context> | undefined;
let worlds = 0;

/** A new market beside those of the file's other tests, in one database: each test also shows that it keeps to its own. */
export async function newWorld(
  stalls: readonly TestStall[],
  market: Parameters<typeof testSite>[1] = {},
): Promise<World> {
  shared ??= testContext(clock);
  const ctx = await shared;
  clock.set(START);
  worlds += 1;
  const code = `market-${worlds}`;
  const own = stalls.map((stall) => ({
    ...stall,
    meters: (stall.meters ?? [electricityMeter(`E-${stall.code}`)]).map((meter) => {
      return { ...meter, linkKey: `${code}/${meter.serial}` };
    }),
  }));
  const { marketId } = await importSite(ctx.db, testSite(own, { ...market, code }), clock.now());
  const one = async (sql: string, code: string): Promise<string> => {
    const [row] = await ctx.db.query<{ id: string }>(sql, [marketId, code]);
    if (!row) throw new Error(`nothing of stall ${code}`);
    return row.id;
  };
  const meterOf = (code: string) =>
    one(
      `select meter_id as id from meter_binding join stall using (market_id, stall_id)
       where market_id = $1 and code = $2`,
      code,
    );
  const accountOf = (code: string) =>
    one(
      'select account_id as id from tenancy join stall using (market_id, stall_id) where market_id = $1 and code = $2',
      code,
    );

  return {
    ctx,
    clock,
    marketId,
    meterOf,
    accountOf,
    async charge(code, amountFen) {
      const at = clock.now();
      const accountId = await accountOf(code);
      const txId = uuidV7(at);
      await ctx.db.tx((tx) =>
        post(tx, marketId, [
          {
            txId,
            kind: 'charge',
            idempotencyKey: `charge:${txId}`,
            businessAt: at,
            recordedAt: at,
            operatorId: null,
            memo: null,
            lines: [
              { ledgerAccount: 'purse.utility', accountId, amountFen: negateFen(fen(amountFen)) },
              { ledgerAccount: 'revenue.electricity', accountId: null, amountFen: fen(amountFen) },
            ],
          },
        ]),
      );
    },
    async topUp(code, amountFen) {
      await topUp(ctx, {
        marketId,
        accountId: await accountOf(code),
        requestId: crypto.randomUUID(),
        amountFen: fen(amountFen),
        method: 'cash',
        memo: null,
        operatorId: OPERATOR,
      });
    },
    async read(code) {
      await ctx.db.query(
        'update meter_state set last_read_at = $3, online = true where market_id = $1 and meter_id = $2',
        [marketId, await meterOf(code), clock.now()],
      );
    },
    async report(code, state) {
      await ctx.db.query(
        'update meter_state set switch_state = $4, switch_at = $3 where market_id = $1 and meter_id = $2',
        [marketId, await meterOf(code), clock.now(), state],
      );
    },
    async endCommand(code, state) {
      await ctx.db.query(
        'update command set state = $3, finished_at = $4 where market_id = $1 and meter_id = $2 and finished_at is null',
        [marketId, await meterOf(code), state, clock.now()],
      );
    },
    async control(code) {
      const [row] = await ctx.db.query<{ wanted: string | null; reason: string | null; seq: bigint; override: string }>(
        `select wanted, wanted_reason as reason, wanted_seq as seq, override from meter_control
         where market_id = $1 and meter_id = $2`,
        [marketId, await meterOf(code)],
      );
      return row ?? { wanted: null, reason: null, seq: 0n, override: 'auto' };
    },
    async commands(code) {
      const rows = await ctx.db.query<{ line: string }>(
        `select concat_ws(' ', wanted, cause, state) as line from command where market_id = $1 and meter_id = $2
         order by wanted_seq, created_at`,
        [marketId, await meterOf(code)],
      );
      return rows.map((row) => row.line);
    },
    async notices(code) {
      const rows = await ctx.db.query<{ line: string }>(
        `select concat_ws(' ', stage, case when closed_at is null then 'open' else 'closed' end) as line from notice
         where market_id = $1 and account_id = $2 order by raised_at, closed_at nulls last, stage desc`,
        [marketId, await accountOf(code)],
      );
      return rows.map((row) => row.line);
    },
  };
}
