import { fen, uuidV7 } from '@openprepay/kernel';
import { beforeAll, expect, test } from 'vitest';
import { MINUTE_MS, minute, reportOf } from '../../test-support/market.ts';
import { takeDeposit } from '../counter/deposit.ts';
import { refundCash } from '../counter/index.ts';
import { intake } from '../readings/index.ts';
import { codeOf, openTenancies, type Tenancies } from './test-support/world.ts';

/** 100 in the suite, over seven pairs and each on an account of its own; `OPENPREPAY_RACE_ROUNDS=1000` for a proof. */
const ROUNDS = Number(process.env.OPENPREPAY_RACE_ROUNDS ?? 100);
/** Rounds at once: a settlement is of the whole market, so each of them races with all of the others too. */
const AT_ONCE = 4;
const SOLD = 1_000;

let world: Tenancies;

beforeAll(async () => {
  // Two more accounts than rounds: those that stalls are handed over to.
  world = await openTenancies({ meters: ROUNDS + 2 });
  await readAll(0);
  world.clock.set(minute(120));
}, 60_000);

/** An intake takes so many reports at most. */
const INTAKE = 500;

async function readAll(minutes: number): Promise<void> {
  for (let from = 0; from < world.market.meters.length; from += INTAKE) {
    const meters = world.market.meters.slice(from, from + INTAKE);
    await intake(
      world.ctx.db,
      meters.map(({ meterId }) => plain(reportOf(world.market, meterId, minutes, 0n))),
    );
  }
}

const plain = (report: ReturnType<typeof reportOf>) => ({
  ...report,
  reading: report.reading && { ...report.reading, tariffs: null },
});

/** The meter of a round is read, so that there is something to settle: so many Wh on. */
async function use(index: number, total: bigint): Promise<void> {
  // Every reading a minute later: time goes on, as it does.
  world.clock.advance(MINUTE_MS);
  const at = world.clock.now();
  const report = plain(reportOf(world.market, world.meter(index).meterId, 0, total, { receivedAt: at }));
  await intake(world.ctx.db, [{ ...report, reading: report.reading && { ...report.reading, readAt: at } }]);
}

async function settle(): Promise<void> {
  expect((await world.settle()).skipped).toEqual([]);
}

const refund = (index: number, amountFen: bigint, refundId: string) =>
  world.ctx.db.tx((tx) =>
    refundCash(tx, {
      marketId: world.marketId,
      accountId: world.accountId(index),
      amountFen: fen(amountFen),
      refundId,
      operatorId: world.ann.operatorId,
      reason: 'too much',
      at: world.clock.now(),
    }),
  );

/** Use that was charged, in Wh, to an account. */
async function charged(accountId: string): Promise<bigint> {
  const [row] = await world.ctx.db.query<{ use: bigint }>(
    'select coalesce(sum(to_value - from_value), 0)::bigint as use from charge where market_id = $1 and account_id = $2',
    [world.marketId, accountId],
  );
  return row?.use ?? -1n;
}

const price = (wh: bigint): bigint => (wh * 8_532n + 50_000n) / 100_000n;

/**
 * Two at once, one of them a few queries behind the other, each round another number: so every step of the one meets every
 * step of the other in some round.
 */
async function atOnce<A, B>(index: number, one: () => Promise<A>, other: () => Promise<B>): Promise<[A, B]> {
  const lead = ((Math.floor(index / Object.keys(pairs).length) * 2) % 33) - 6;
  const behind = async (queries: number) => {
    for (let n = 0; n < queries; n++) await world.ctx.db.query('select');
  };
  return Promise.all([behind(-lead).then(one), behind(lead).then(other)]);
}

/** What two do at once, and what must be true after it, whoever was first. */
type Pair = (index: number) => Promise<void>;

const pairs: Readonly<Record<string, Pair>> = {
  async 'two settlements'(index) {
    await use(index, 1_501n);
    await atOnce(index, settle, settle);
    expect(await charged(world.accountId(index))).toBe(1_501n);
    expect(await world.purse(world.accountId(index))).toBe(-price(1_501n));
  },
  async 'a settlement and a top-up'(index) {
    await use(index, 777n);
    await atOnce(index, settle, () => world.sell(index, SOLD));
    expect(await world.purse(world.accountId(index))).toBe(BigInt(SOLD) - price(777n));
  },
  async 'two refunds'(index) {
    await world.sell(index, SOLD);
    const one = world.id();
    const other = index % 2 === 0 ? one : world.id();
    const pay = (id: string) => () => codeOf(refund(index, BigInt(SOLD), id));
    const codes = await atOnce(index, pay(one), pay(other));
    const refused = one === other ? [] : ['counter.refund_too_much'];
    expect(codes.filter((code) => code !== 'no refusal')).toEqual(refused);
    expect(await world.purse(world.accountId(index))).toBe(0n);
  },
  async 'the end of an account and a settlement'(index) {
    const accountId = world.accountId(index);
    await use(index, 2_003n);
    const [{ balanceFen }] = await atOnce(index, () => world.close(accountId), settle);
    expect(BigInt(balanceFen)).toBe(-price(2_003n));
    expect(await charged(accountId)).toBe(2_003n);
    await world.sell(index, -balanceFen);
    expect((await world.close(accountId)).state).toBe('closed');
  },
  async 'a hand-over and a settlement'(index) {
    const { accountId, stallId } = world.meter(index);
    await use(index, 1_200n);
    world.clock.advance(MINUTE_MS);
    const to = world.newAccount(`T${index}`);
    const handOver = { accountId, stallIds: [stallId], to, readings: [world.typed(index, '1.25')] };
    const [{ statement }] = await atOnce(index, () => world.transfer(handOver), settle);
    expect(statement).toMatchObject({ meters: [{ use: 1_250, chargedFen: Number(price(1_250n)) }] });
    await use(index, 1_400n);
    await settle();
    expect([await charged(accountId), await charged(to.accountId)]).toEqual([1_250n, 150n]);
  },
  async 'a top-up and the end of its account'(index) {
    // One with a stall to give back, and one without, whose end is as short as the sale.
    const bare = world.newAccount(`F${index}`);
    await use(index, 0n);
    await world.open([bare]);
    for (const accountId of [world.accountId(index), bare.accountId]) {
      const [{ state, balanceFen }, sold] = await atOnce(
        index,
        () => world.close(accountId),
        () => codeOf(world.sell(index, SOLD, { accountId })),
      );
      const held = await world.purse(accountId);
      // Refused by an account that was closed, or sold to one that is open and holds it.
      expect({ sold, state, held }).toEqual(
        state === 'closed'
          ? { sold: 'accounts.not_open', state, held: 0n }
          : { sold: 'no refusal', state: 'open', held: BigInt(SOLD) },
      );
      if (state === 'open') expect(balanceFen).toBe(SOLD);
    }
  },
  async 'a deposit and the end of its account'(index) {
    const account = world.newAccount(`D${index}`);
    const { accountId } = account;
    await world.open([account], { prepare: index % 2 === 0 });
    const [{ state, balanceFen }, laid] = await atOnce(
      index,
      () => world.close(accountId),
      () => codeOf(takeDeposit(world.ctx, world.saleOf(index, SOLD, { accountId }))),
    );
    const purses = [await world.purse(accountId), await world.purse(accountId, 'deposit')];
    // Refused by an account that was closed, or set off by one that waits to give it back.
    expect({ laid, state, balanceFen, purses }).toEqual(
      state === 'closed'
        ? { laid: 'accounts.not_open', state, balanceFen: 0, purses: [0n, 0n] }
        : { laid: 'no refusal', state: 'open', balanceFen: SOLD, purses: [BigInt(SOLD), 0n] },
    );
  },
};

test(`${ROUNDS} rounds of two at once: nothing is charged, paid or refunded twice, and nothing is lost`, {
  timeout: 60_000 + ROUNDS * 1_000,
}, async () => {
  const names = Object.keys(pairs);
  const left = Array.from({ length: ROUNDS }, (_, index) => index);
  const work = async () => {
    for (let index = left.shift(); index !== undefined; index = left.shift()) {
      const name = names[index % names.length] ?? '';
      await pairs[name]?.(index).catch((error: Error) => {
        throw Object.assign(error, { message: `${name}, round ${index}: ${error.message}` });
      });
    }
  };
  const started = performance.now();
  await Promise.all(Array.from({ length: AT_ONCE }, work));
  process.stderr.write(`${ROUNDS} rounds in ${Math.round(performance.now() - started)} ms\n`);
  await settle();
  await world.expectProved();
});

test('of many openings of one stall at once one has it, and of many hand-overs of it one happens', async () => {
  const index = ROUNDS;
  await use(index, 0n);
  const { accountId, stallId } = world.meter(index);
  const rivals = Array.from({ length: 6 }, (_, n) => world.newAccount(`R${n}`));
  world.clock.advance(MINUTE_MS);
  const handOvers = rivals.map((to) =>
    world.transfer({ accountId, stallIds: [stallId], to, moveOutId: uuidV7(minute(0)) }),
  );
  const codes = await Promise.all(handOvers.map(codeOf));
  expect(codes.sort()).toEqual(['no refusal', ...rivals.slice(1).map(() => 'tenancy.not_its_stall')]);

  const vacant = world.meter(ROUNDS + 1);
  await use(ROUNDS + 1, 0n);
  await world.close(vacant.accountId);
  world.clock.advance(MINUTE_MS);
  const openings = Array.from({ length: 6 }, (_, n) =>
    world.open([world.newAccount(`V${n}`, { stallIds: [vacant.stallId] })]),
  );
  const opened = (await Promise.all(openings)).flat().map((row) => row.problem?.code ?? row.state);
  expect(opened.sort()).toEqual(['open', ...Array.from({ length: 5 }, () => 'tenancy.stall_occupied')]);
  await world.expectProved();
});
