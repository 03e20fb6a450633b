import { fen, uuidV7 } from '@openprepay/kernel';
import fc from 'fast-check';
import { beforeAll, expect, test } from 'vitest';
import { minute, seedMarket } from '../../test-support/market.ts';
import { type Counter, openCounter } from '../counter/test-support/world.ts';
import { post } from './index.ts';
import { balanceAt, statement } from './statement.ts';

let counter: Counter;
let marketId: string;

beforeAll(async () => {
  counter = await openCounter();
  marketId = counter.market.marketId;
});

/** A fact of business time `atMinute` that is only recorded later, as a charge is. */
const move = (index: number, atMinute: number, amountFen: bigint, purse: 'utility' | 'fees' = 'utility') =>
  counter.ctx.db.tx((tx) =>
    post(tx, marketId, [
      {
        txId: uuidV7(minute(10_000)),
        kind: 'opening_balance',
        idempotencyKey: uuidV7(minute(0)),
        businessAt: minute(atMinute),
        recordedAt: minute(10_000),
        operatorId: null,
        memo: null,
        lines: [
          { ledgerAccount: `purse.${purse}`, accountId: counter.accountId(index), amountFen: fen(amountFen) },
          { ledgerAccount: 'opening', accountId: null, amountFen: fen(-amountFen) },
        ],
      },
    ]),
  );
const between = (index: number, from: number, to: number) =>
  statement(counter.ctx.db, {
    marketId,
    accountId: counter.accountId(index),
    purse: 'utility',
    from: minute(from),
    to: minute(to),
  });

test('a statement runs from its opening to its closing balance, line by line, by business time', async () => {
  await move(0, 10, 1_000n);
  await move(0, 30, -250n);
  await move(0, 20, -100n);
  await move(0, 40, 7n);
  await move(0, 25, 99n, 'fees');
  const found = await between(0, 20, 40);
  expect(found).toMatchObject({
    accountNumber: 'A0',
    customerName: '商户 0',
    openingFen: 1_000,
    inFen: 0,
    outFen: -350,
    closingFen: 650,
  });
  expect(found.lines.map(({ amountFen, balanceFen }) => [amountFen, balanceFen])).toEqual([
    [-100, 900],
    [-250, 650],
  ]);
});

test('a sale in a statement names its receipt, and its reversal is a line of its own', async () => {
  const { receipt } = await counter.sell(1, 4_000);
  const found = await between(1, 0, 1_000_000);
  expect(found.lines).toMatchObject([{ kind: 'top_up', operatorName: 'Ann', receiptNumber: receipt.number }]);
});

test('the balance at an instant has everything of that instant, and nothing later', async () => {
  await move(2, 10, 500n);
  await move(2, 20, -200n);
  await move(2, 15, 30n, 'fees');
  const at = async (when: number) =>
    (await balanceAt(counter.ctx.db, marketId, counter.accountId(2), minute(when))).purses;
  expect(await at(9)).toEqual({ utility: 0, fees: 0, deposit: 0, debt: 0 });
  expect(await at(10)).toEqual({ utility: 500, fees: 0, deposit: 0, debt: 0 });
  expect(await at(19)).toEqual({ utility: 500, fees: 30, deposit: 0, debt: 0 });
  expect(await at(20)).toEqual({ utility: 300, fees: 30, deposit: 0, debt: 0 });
});

test('any cutting of any history into statements joins up: one’s closing is the next’s opening', async () => {
  const moves = fc.array(fc.tuple(fc.integer({ min: 0, max: 99 }), fc.bigInt({ min: -999n, max: 999n })), {
    maxLength: 12,
  });
  const cuts = fc.uniqueArray(fc.integer({ min: 1, max: 98 }), { maxLength: 4 });
  let expected = 0n;
  const property = fc.asyncProperty(moves, cuts, async (given, at) => {
    for (const [when, amount] of given) {
      if (amount === 0n) continue;
      await move(3, when, amount);
      expected += amount;
    }
    const edges = [0, ...at.toSorted((a, b) => a - b), 100];
    const parts = await Promise.all(edges.slice(1).map((to, index) => between(3, edges[index] ?? 0, to)));
    for (const [index, part] of parts.entries()) {
      expect(part.openingFen).toBe(parts[index - 1]?.closingFen ?? 0);
      expect(part.closingFen).toBe(part.openingFen + part.inFen + part.outFen);
      expect(part.lines.at(-1)?.balanceFen ?? part.openingFen).toBe(part.closingFen);
    }
    const whole = await between(3, 0, 100);
    expect(parts.flatMap(({ lines }) => lines)).toEqual(whole.lines);
    expect(BigInt(whole.closingFen)).toBe(expected);
  });
  await fc.assert(property, { numRuns: 25 });
}, 60_000);

test('no statement of another market’s account, of no time, or of too much', async () => {
  const other = await seedMarket(counter.ctx.db);
  const span = { marketId: other.marketId, accountId: counter.accountId(0), purse: 'utility' } as const;
  const asked = statement(counter.ctx.db, { ...span, from: minute(0), to: minute(1) });
  await expect(asked).rejects.toMatchObject({ code: 'ledger.no_such_account' });
  const balance = balanceAt(counter.ctx.db, other.marketId, counter.accountId(0), minute(0));
  await expect(balance).rejects.toMatchObject({ code: 'ledger.no_such_account' });
  await expect(between(0, 10, 10)).rejects.toMatchObject({ code: 'ledger.bad_range' });
});
