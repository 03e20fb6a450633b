import { fen, uuidV7 } from '@openprepay/kernel';
import { beforeAll, expect, test } from 'vitest';
import { minute, seedMarket } from '../../test-support/market.ts';
import { reverseSale } from '../counter/reversal.ts';
import { type Counter, openCounter } from '../counter/test-support/world.ts';
import type { Tx } from '../platform/database.ts';
import { chainRules } from '../verify/chain.ts';
import { verifyMarket } from '../verify/index.ts';
import { type LedgerTransaction, post, sealHead, sealMarket } from './index.ts';
import { startSealing } from './jobs.ts';

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
  const loop = startSealing(counter.ctx);
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

/** A reproducible stream of numbers below a limit (mulberry32). */
function dice(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) % below;
  };
}

/** One small change of one row, as somebody with the database in his hands could make it; `$1` is the market, `$2` a number. */
const OF_TX = 'from (select tx_id as id from ledger_tx where market_id = $1 order by tx_id offset $2 limit 1) one';
const OF_LINE =
  'from (select tx_id as id, line as l from posting where market_id = $1 order by tx_id, line offset $2 limit 1) one';
const OF_LINK = 'from (select seq as s from ledger_seal where market_id = $1 order by seq offset $2 limit 1) one';
const tx = (set: string) => `update ledger_tx set ${set} ${OF_TX} where market_id = $1 and tx_id = id`;
const line = (set: string) => `update posting set ${set} ${OF_LINE} where market_id = $1 and tx_id = id and line = l`;
const link = (set: string) => `update ledger_seal set ${set} ${OF_LINK} where market_id = $1 and seq = s`;
const EDITS: readonly (readonly [sql: string, table: 'ledger_tx' | 'posting' | 'ledger_seal'])[] = [
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

/** `EDIT_ROUNDS=10000` for a night. */
const ROUNDS = Number(process.env.EDIT_ROUNDS ?? 1_000);

class Undo extends Error {}

/** Whether the rules of the chain find something, after an edit that is then taken back. @returns null where nothing was edited */
async function isFound(edit: string, at: number): Promise<boolean | null> {
  let found: boolean | null = null;
  const attempt = counter.ctx.db.tx(async (tx: Tx) => {
    const edited = await tx.query(`${edit} returning 1`, [marketId, at]);
    if (edited.length === 1) {
      found = false;
      for (const { problems } of chainRules) found ||= (await tx.query(`${problems} limit 1`, [marketId])).length > 0;
    }
    throw new Undo();
  });
  await expect(attempt).rejects.toThrow(Undo);
  return found;
}

test(`${ROUNDS} edits at random of transactions, postings and links are all found`, {
  timeout: 60_000 + ROUNDS * 30,
}, async () => {
  const roll = dice(20_260_302);
  const rows = new Map<string, number>();
  for (const table of ['ledger_tx', 'posting', 'ledger_seal']) {
    const [counted] = await counter.ctx.db.query<{ count: bigint }>(
      `select count(*) from ${table} where market_id = $1`,
      [marketId],
    );
    rows.set(table, Number(counted?.count ?? 0n));
  }
  const tried = new Set<string>();
  for (let round = 0; round < ROUNDS; round++) {
    const [edit, table] = EDITS[round % EDITS.length] ?? ['', 'posting'];
    const at = roll(rows.get(table) ?? 1);
    expect([edit, at, await isFound(edit, at)]).toEqual([edit, at, true]);
    tried.add(edit);
  }
  expect(tried.size).toBe(EDITS.length);
  await counter.expectProved();
});

test('a chain that is cut off, with or without its last transactions, is found', async () => {
  const cut = [
    'delete from ledger_seal where market_id = $1 and seq > $2 + 1',
    'delete from ledger_seal where market_id = $1 and $2 >= 0',
    'delete from ledger_seal_head where market_id = $1 and $2 >= 0',
    `update ledger_seal_head set hash = decode(repeat('01', 32), 'hex') where market_id = $1 and $2 >= 0`,
  ];
  for (const sql of cut) {
    let problems = 0;
    const attempt = counter.ctx.db.tx(async (tx) => {
      await tx.query(sql, [marketId, 20]);
      for (const rule of chainRules) problems += (await tx.query(rule.problems, [marketId])).length;
      throw new Undo();
    });
    await expect(attempt).rejects.toThrow(Undo);
    expect([sql, problems > 0]).toEqual([sql, true]);
  }
});
