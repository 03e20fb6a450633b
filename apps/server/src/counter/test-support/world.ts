import type { Operator, Role } from '@openprepay/contract';
import { type Fen, fen, uuidV7 } from '@openprepay/kernel';
import { expect } from 'vitest';
import { type TestClock, testClock, testContext } from '../../../test-support/database.ts';
import { type MarketOptions, minute, seedMarket, type TestMarket } from '../../../test-support/market.ts';
import { purseBalances } from '../../ledger/index.ts';
import type { Context } from '../../platform/context.ts';
import { verifyMarket } from '../../verify/index.ts';
import { type TopUp, type TopUpOutcome, topUp } from '../top-up.ts';

/** A market with a counter: two cashiers, finance, a manager, and accounts to sell to. */
export interface Counter {
  readonly ctx: Context;
  readonly clock: TestClock;
  readonly market: TestMarket;
  readonly ann: Operator;
  readonly ben: Operator;
  readonly finance: Operator;
  readonly manager: Operator;
  accountId(index: number): string;
  /** A sale in cash by Ann, unless it is said otherwise. */
  saleOf(index: number, amountFen: number, over?: Partial<TopUp>): TopUp;
  sell(index: number, amountFen: number, over?: Partial<TopUp>): Promise<TopUpOutcome>;
  balance(index: number): Promise<Fen>;
  /** Every rule of the books holds. */
  expectProved(): Promise<void>;
}

/** 10:00 on 2 March 2026 in the market. */
const START = '2026-03-02T02:00:00Z';

export async function openCounter(options: MarketOptions = { meters: 8 }): Promise<Counter> {
  const clock = testClock(START);
  const ctx = await testContext(clock);
  const market = await seedMarket(ctx.db, options);
  const { marketId, meters } = market;
  const hire = async (name: string, role: Role): Promise<Operator> => {
    const operator = { operatorId: uuidV7(minute(0)), login: name.toLowerCase(), name, role };
    await ctx.db.query(
      `insert into operator (operator_id, login, name, password_hash, role, created_at) values ($1, $2, $3, 'x', $4, $5)`,
      [operator.operatorId, operator.login, name, role, minute(0)],
    );
    return operator;
  };
  const ann = await hire('Ann', 'cashier');
  const accountId = (index: number) => meters[index]?.accountId ?? '';
  const saleOf: Counter['saleOf'] = (index, amountFen, over = {}) => ({
    marketId,
    accountId: accountId(index),
    requestId: uuidV7(clock.now()),
    amountFen: fen(amountFen),
    method: 'cash',
    memo: null,
    operatorId: ann.operatorId,
    ...over,
  });
  return {
    ctx,
    clock,
    market,
    ann,
    ben: await hire('Ben', 'cashier'),
    finance: await hire('Fay', 'finance'),
    manager: await hire('Max', 'manager'),
    accountId,
    saleOf,
    sell: (index, amountFen, over) => topUp(ctx, saleOf(index, amountFen, over)),
    async balance(index) {
      const purses = await purseBalances(ctx.db, marketId, [accountId(index)]);
      return purses.find(({ kind }) => kind === 'utility')?.balanceFen ?? fen(0);
    },
    async expectProved() {
      expect((await verifyMarket(ctx.db, clock, marketId)).filter((check) => !check.ok)).toEqual([]);
    },
  };
}
