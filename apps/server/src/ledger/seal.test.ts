import { fen, uuidV7 } from '@openprepay/kernel';
import { beforeAll, expect, test } from 'vitest';
import { EDIT_ROUNDS, type Edit, expectAllFound, problemsAfter } from '../../test-support/edits.ts';
import { minute, seedMarket } from '../../test-support/market.ts';
import { reverseSale } from '../counter/reversal.ts';
import { type Counter, openCounter } from '../counter/test-support/world.ts';
import type { Tx } from '../platform/database.ts';
import { chainRules } from '../verify/chain.ts';
import { verifyMarket } from '../verify/index.ts';
import { type LedgerTransaction, post, sealHead, sealMarket } from './index.ts';
import { startLedgerSealing } from './jobs.ts';

let counter: Counter;
let marketId: string;

const fact = (key: string, at: Date, memo: string | null = null): LedgerTransaction => ({
  txId: uuidV7(at),
  kind: 'opening_balance',
  idempotencyKey: key,
  businessAt: at,
  recordedAt: at,
  operatorId: null,
  memo,
  lines: [
    { ledgerAccount: 'purse.utility', accountId: counter.accountId(0), amountFen: fen(5) },
    { ledgerAccount: 'opening', accountId: null, amountFen: fen(-5) },
  ],
});
const seal = (among: 'recent' | 'everything' = 'everything') =>
  sealMarket(counter.ctx.db, marketId, counter.clock.now(), among);
const put = (facts: LedgerTransaction[]) => counter.ctx.db.tx((tx) => post(tx, marketId, facts));

beforeAll(async () => {
  counter = await openCounter();
  marketId = counter.market.marketId;
  for (let n = 0; n < 12; n++) {
    await counter.sell(n % 4, 100 + n, { memo: n % 2 === 0 ? null : `第 ${n} 笔\n-` });
    counter.clock.advance(1_000);
  }
  const { txId } = await counter.sell(1, 700);
  await reverseSale(counter.ctx, { marketId, txId, operatorId: counter.ann.operatorId, reason: 'twice' });
  await put([fact('a\nb:7', counter.clock.now(), ''), fact('c', counter.clock.now(), '12:x')]);
});

test('what was posted is sealed once, oldest first, and the chain is proved by queries of its own', async () => {
  expect(await seal()).toBe(16);
  expect(await seal()).toBe(0);
  const links = await counter.ctx.db.query<{ seq: bigint; tx_id: string }>(
    'select seq, tx_id from ledger_seal where market_id = $1 order by seq',
    [marketId],
  );
  expect(links.map(({ seq }) => Number(seq))).toEqual(links.map((_, index) => index + 1));
  expect(links.map(({ tx_id }) => tx_id)).toEqual(links.map(({ tx_id }) => tx_id).toSorted());
  expect((await sealHead(counter.ctx.db, marketId))?.seq).toBe(16n);
  const checks = await verifyMarket(counter.ctx.db, counter.clock, marketId);
  expect(checks.filter(({ ok }) => !ok)).toEqual([]);
  expect(checks.find(({ name }) => name.startsWith('every sealed transaction'))?.checked).toBe(16);
});

test('an id from before the chain’s end is sealed after it, also one from long ago', async () => {
  const now = counter.clock.now().getTime();
  await put([fact('five minutes late', new Date(now - 5 * 60_000)), fact('new', new Date(now))]);
  expect(await seal('recent')).toBe(2);
  await put([fact('a day late', new Date(now - 86_400_000))]);
  expect(await seal('recent')).toBe(0);
  const missing = async () =>
    (await verifyMarket(counter.ctx.db, counter.clock, marketId)).filter(({ ok }) => !ok).map(({ name }) => name);
  expect(await missing()).toEqual(['whatever was posted an hour before the last seal is sealed']);
  expect(await seal('everything')).toBe(1);
  expect(await missing()).toEqual([]);
});

test('several that seal at once, while others post, make one chain', async () => {
  for (let round = 0; round < 20; round++) {
    const at = counter.clock.now();
    await Promise.all([
      put([fact(`p${round}`, at), fact(`q${round}`, at)]),
      counter.sell(2, 1),
      seal('recent'),
      put([fact(`r${round}`, at)]),
      seal('everything'),
      seal('recent'),
    ]);
  }
  await seal();
  const [counted] = await counter.ctx.db.query<{ facts: bigint; links: bigint }>(
    `select (select count(*) from ledger_tx where market_id = $1) as facts,
            (select count(*) from ledger_seal where market_id = $1) as links`,
    [marketId],
  );
  expect(counted?.links).toBe(counted?.facts);
  await counter.expectProved();
});

test('the loop seals every market by itself, each in a chain of its own', async () => {
  const other = await openCounterBeside();
  await counter.sell(0, 1);
  const before = (await sealHead(counter.ctx.db, marketId))?.seq ?? 0n;
  const loop = startLedgerSealing(counter.ctx);
  await expect.poll(() => sealHead(counter.ctx.db, other)).toMatchObject({ seq: 1n });
  await expect.poll(() => sealHead(counter.ctx.db, marketId)).toMatchObject({ seq: before + 1n });
  await loop.stop();
  await counter.expectProved();
});

async function openCounterBeside(): Promise<string> {
  const other = await seedMarket(counter.ctx.db);
  const own = { ...fact('other', minute(0)) };
  const lines = own.lines.map((line) => ({
    ...line,
    accountId: line.accountId === null ? null : (other.meters[0]?.accountId ?? ''),
  }));
  await counter.ctx.db.tx((tx) => post(tx, other.marketId, [{ ...own, lines }]));
  return other.marketId;
}

const OF_TX = 'from (select tx_id as id from ledger_tx where market_id = $1 order by tx_id offset $2 limit 1) one';
const OF_LINE =
  'from (select tx_id as id, line as l from posting where market_id = $1 order by tx_id, line offset $2 limit 1) one';
const OF_LINK = 'from (select seq as s from ledger_seal where market_id = $1 order by seq offset $2 limit 1) one';
const tx = (set: string) => `update ledger_tx set ${set} ${OF_TX} where market_id = $1 and tx_id = id`;
const line = (set: string) => `update posting set ${set} ${OF_LINE} where market_id = $1 and tx_id = id and line = l`;
const link = (set: string) => `update ledger_seal set ${set} ${OF_LINK} where market_id = $1 and seq = s`;
const EDITS: readonly Edit[] = [
  [tx(`business_at = business_at + interval '1 microsecond'`), 'ledger_tx'],
  [tx(`recorded_at = recorded_at - interval '1 day'`), 'ledger_tx'],
  [tx(`idempotency_key = idempotency_key || ' '`), 'ledger_tx'],
  [tx(`memo = coalesce(memo || '!', '')`), 'ledger_tx'],
  [tx(`memo = case when memo is null then '-' end`), 'ledger_tx'],
  [tx('operator_id = gen_random_uuid()'), 'ledger_tx'],
  [
    tx(
      `kind = case kind when 'top_up' then 'refund' when 'reversal' then 'charge' else 'top_up' end, reverses_tx_id = null`,
    ),
    'ledger_tx',
  ],
  [line('amount_fen = amount_fen * 2'), 'posting'],
  [line('amount_fen = -amount_fen'), 'posting'],
  [line('line = line + 10'), 'posting'],
  [
    line(`ledger_account = case ledger_account when 'purse.utility' then 'purse.fees' when 'cash' then 'bank' else ledger_account end,
         amount_fen = case when ledger_account in ('purse.utility', 'cash') then amount_fen else -amount_fen end`),
    'posting',
  ],
  [
    line(`account_id = case when account_id is not null then gen_random_uuid() end,
         amount_fen = case when account_id is null then -amount_fen else amount_fen end`),
    'posting',
  ],
  [
    `delete from posting using (select tx_id as id, line as l from posting where market_id = $1 order by tx_id, line offset $2 limit 1) one
    where market_id = $1 and tx_id = id and line = l`,
    'posting',
  ],
  [
    `with one as (select tx_id from ledger_tx undone where market_id = $1
                    and not exists (select from ledger_tx where market_id = $1 and reverses_tx_id = undone.tx_id)
                  order by tx_id offset greatest($2 - 1, 0) limit 1),
          paper as (delete from receipt where market_id = $1 and tx_id = (select tx_id from one)),
          lines as (delete from posting where market_id = $1 and tx_id = (select tx_id from one))
     delete from ledger_tx where market_id = $1 and tx_id = (select tx_id from one)`,
    'ledger_tx',
  ],
  [
    `insert into posting (market_id, tx_id, line, ledger_account, amount_fen) select $1, id, 7, 'cash', 1 ${OF_TX}`,
    'ledger_tx',
  ],
  [link(`hash = set_byte(hash, 31, get_byte(hash, 31) # 1)`), 'ledger_seal'],
  [link(`sealed_at = sealed_at + interval '1 microsecond'`), 'ledger_seal'],
  [link('seq = seq + 1000000'), 'ledger_seal'],
  [link('tx_id = gen_random_uuid()'), 'ledger_seal'],
  [
    `delete from ledger_seal using (select seq as s from ledger_seal where market_id = $1 order by seq offset $2 limit 1) one
    where market_id = $1 and seq = s`,
    'ledger_seal',
  ],
];

test(`${EDIT_ROUNDS} edits at random of transactions, postings and links are all found`, {
  timeout: 60_000 + EDIT_ROUNDS * 30,
}, async () => {
  await expectAllFound(counter.ctx.db, chainRules, marketId, EDITS, 20_260_302);
  await counter.expectProved();
});

test.each([
  'delete from ledger_seal where market_id = $1 and seq > 21',
  'delete from ledger_seal where market_id = $1',
  'delete from ledger_seal_head where market_id = $1',
  `update ledger_seal_head set hash = decode(repeat('01', 32), 'hex') where market_id = $1`,
])('a chain that is cut off, with or without its last transactions, is found: %s', async (sql) => {
  const cut = async (tx: Tx) => void (await tx.query(sql, [marketId]));
  expect(await problemsAfter(counter.ctx.db, chainRules, marketId, cut)).toBeGreaterThan(0);
});
