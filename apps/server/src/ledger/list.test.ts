import type { LedgerEntry, LedgerQuery } from '@openprepay/contract';
import { fen, uuidV7 } from '@openprepay/kernel';
import { beforeAll, expect, test } from 'vitest';
import { type Counter, openCounter } from '../counter/test-support/world.ts';
import { post } from './index.ts';
import { listLedger } from './list.ts';
import type { LedgerTransaction } from './types.ts';

let counter: Counter;
let marketId: string;
const HOUR_MS = 3_600_000;

beforeAll(async () => {
  counter = await openCounter();
  marketId = counter.market.marketId;
  const { ann, ben, clock } = counter;
  // From 10:00 on 2 March in the market, an entry an hour.
  for (const step of [
    () => move('opening_balance', 0, ['utility', 5_000n]),
    () => counter.sell(0, 1_000),
    () => counter.sell(1, 300, { method: 'bank', operatorId: ben.operatorId }),
    () => move('charge', 0, ['utility', -70n]),
    () => move('closing', 2, ['utility', 900n], ['deposit', -900n]),
    () => move('debt', 1, ['debt', -400n]),
    // 01:00 of the next day.
    () => clock.advance(9 * HOUR_MS),
    () => counter.sell(0, 20, { operatorId: ann.operatorId }),
  ]) {
    await step();
    clock.advance(HOUR_MS);
  }
});

async function move(kind: LedgerTransaction['kind'], index: number, ...lines: readonly [string, bigint][]) {
  const at = counter.clock.now();
  const txId = uuidV7(at);
  const sum = lines.reduce((total, [, amount]) => total + amount, 0n);
  const transaction = {
    txId,
    kind,
    idempotencyKey: `${kind}:${index}`,
    businessAt: new Date(at.getTime() - HOUR_MS),
    recordedAt: at,
    operatorId: null,
    memo: null,
    lines: [
      ...lines.map(([purse, amount]) => ({
        ledgerAccount: `purse.${purse}` as const,
        accountId: counter.accountId(index),
        amountFen: fen(amount),
      })),
      ...(sum === 0n ? [] : [{ ledgerAccount: 'opening', accountId: null, amountFen: fen(-sum) }]),
    ],
  };
  await counter.ctx.db.tx((tx) => post(tx, marketId, [transaction as LedgerTransaction]));
}

const list = (query: LedgerQuery) => listLedger(counter.ctx.db, marketId, query);
const short = ({ kind, purse, amountFen }: LedgerEntry) => `${kind} ${purse} ${amountFen}`;
const found = async (query: LedgerQuery) => (await list(query)).entries.map(short);

const ALL = [
  'top_up utility 20',
  'debt debt -400',
  'closing deposit -900',
  'closing utility 900',
  'charge utility -70',
  'top_up utility 300',
  'top_up utility 1000',
  'opening_balance utility 5000',
];

test('everything that moved in a purse is there, newest first, with what stands behind it', async () => {
  const { total, isMore, entries } = await list({});
  expect([total, isMore, entries.map(short)]).toEqual([8, false, ALL]);
  expect(
    entries.map(({ receiptNumber, operatorName, balanceFen }) => [receiptNumber, operatorName, balanceFen]),
  ).toEqual([
    ['001-00000002', 'Ann', 5_950],
    [null, null, null],
    [null, null, null],
    [null, null, null],
    [null, null, null],
    ['002-00000001', 'Ben', 300],
    ['001-00000001', 'Ann', 6_000],
    [null, null, null],
  ]);
  expect(entries[4]).toMatchObject({
    accountNumber: 'A0',
    customerName: '商户 0',
    postedAt: '2026-03-02T05:00:00.000Z',
    businessAt: '2026-03-02T04:00:00.000Z',
    idempotencyKey: 'charge:0',
    stalls: [],
  });
  expect(entries[6]?.stalls).toHaveLength(1);
  expect(await found({ ascending: true })).toEqual(ALL.toReversed());
});

test('it is filtered by kind, purse, account, operator, day and text', async () => {
  expect(await found({ kind: 'charge' })).toEqual(['charge utility -70']);
  expect(await found({ purse: 'deposit' })).toEqual(['closing deposit -900']);
  expect(await found({ operatorId: counter.ben.operatorId })).toEqual(['top_up utility 300']);
  expect(await found({ kind: 'top_up', operatorId: counter.ann.operatorId })).toHaveLength(2);
  expect(await found({ from: '2026-03-03' })).toEqual(['top_up utility 20']);
  expect(await found({ from: '2026-03-02', to: '2026-03-02' })).toEqual(ALL.slice(1));
  expect(await found({ to: '2026-03-01' })).toEqual([]);
  expect(await found({ text: '002-00000001' })).toEqual(['top_up utility 300']);
  expect(await found({ text: 'debt:1' })).toEqual(['debt debt -400']);
  expect(await found({ text: '商户 2' })).toEqual(['closing deposit -900', 'closing utility 900']);
  expect(await found({ text: '%' })).toEqual([]);
});

test('of one account the balance after every entry is known, whatever is left out', async () => {
  const accountId = counter.accountId(0);
  const { entries } = await list({ accountId });
  expect(entries.map(({ amountFen, balanceFen }) => [amountFen, balanceFen])).toEqual([
    [20, 5_950],
    [-70, 5_930],
    [1_000, 6_000],
    [5_000, 5_000],
  ]);
  const [charge] = (await list({ accountId, kind: 'charge', from: '2026-03-02' })).entries;
  expect(charge?.balanceFen).toBe(5_930);
});

test.each([true, false])(
  'read to its end, oldest first %s, each is there once, also those of one transaction',
  async (ascending) => {
    const { entries: all } = await list({ ascending });
    const read: LedgerEntry[] = [];
    for (let after: string | undefined; ; ) {
      const { entries, next, total } = await list({ ascending, pageSize: 3, ...(after && { after }) });
      expect(total).toBe(after ? 0 : 8);
      read.push(...entries);
      if (next === null) break;
      after = next;
    }
    expect(read).toEqual(all);
    expect((await list({ ascending, page: 2, pageSize: 3 })).entries).toEqual(all.slice(3, 6));
  },
);
