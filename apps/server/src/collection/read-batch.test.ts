import { randomUUID } from 'node:crypto';
import { afterEach, expect, test, vi } from 'vitest';
import { type TestClock, testClock, testContext } from '../../test-support/database.ts';
import { deskOf, type Headend, startHeadend } from '../headend/index.ts';
import { START, seedMarket } from '../headend/test-support/market.ts';
import { ScriptedMeter } from '../headend/test-support/scripted-meter.ts';
import type { Loop } from '../platform/loop.ts';
import { startReadBatches } from './jobs.ts';
import { cancelRead, previewRead, readBatchDetail, readBatches, retryRead, startRead } from './read-batch.ts';

const clock: TestClock = testClock(START);
const ctx = await testContext(clock);
const operatorId = randomUUID();
const limits = { replyWithinMs: 150, quietAfterTimeOutMs: 10 };

const running: (Headend | Loop)[] = [];
afterEach(async () => {
  for (const one of running.splice(0).reverse()) await one.stop();
});

/** Three meters that answer, one that is on the line and says nothing, one that is not there, and one that sleeps. */
async function openMarket() {
  const market = await seedMarket(ctx.db, { electricity: 5, water: 1 });
  const headend = await startHeadend(ctx, {
    listenHost: '127.0.0.1',
    listenPort: 0,
    limits,
    sweep: { everyMs: 3_600_000 },
  });
  running.push(headend);
  const devices = market.electricity.slice(0, 4).map(({ linkKey }) => new ScriptedMeter(linkKey));
  for (const device of devices) await device.register(headend.port);
  const silent = devices[3];
  if (!silent) throw new Error('no meters');
  silent.behaviour.silent = true;
  const meterIds = [...market.electricity, ...market.water].map(({ meterId }) => meterId);
  const who = { marketId: market.marketId, operatorId };
  const batchId = randomUUID();
  return { who, silent, devices, meterIds, request: { batchId, meterIds, reason: 'month end' }, batchId };
}

const countsOf = async (marketId: string, batchId: string) => (await readBatchDetail(ctx.db, marketId, batchId)).counts;

test('a list is previewed, read meter by meter, and each says what came of it; the failed are asked once more', async () => {
  const { who, silent, meterIds, request, batchId } = await openMarket();
  const { marketId } = who;
  const preview = await previewRead(ctx.db, deskOf(ctx), marketId, meterIds);
  expect(preview).toMatchObject({ asked: 4, skipped: 2 });
  expect(preview.rows.map(({ skip }) => skip).toSorted()).toEqual(['asleep', 'not_connected', null, null, null, null]);

  const started = await Promise.all([
    startRead(ctx, deskOf(ctx), who, request),
    startRead(ctx, deskOf(ctx), who, request),
  ]);
  expect(started.map(({ counts }) => counts)).toEqual(Array(2).fill({ queued: 4, skipped: 2 }));
  running.push(startReadBatches(ctx));
  await vi.waitFor(async () => {
    expect(await countsOf(marketId, batchId)).toEqual({ answered: 3, failed: 1, skipped: 2 });
  }, 10_000);
  const { rows } = await readBatchDetail(ctx.db, marketId, batchId);
  expect(rows.find(({ state }) => state === 'failed')).toMatchObject({ note: 'no_answer', total: null });
  expect(rows.filter(({ state }) => state === 'answered').map(({ total }) => total)).toEqual(Array(3).fill(1_000_000));
  const stored = await ctx.db.query(
    `select count(*)::integer as n from reading where market_id = $1 and origin = 'on_demand'`,
    [marketId],
  );
  expect(stored).toEqual([{ n: 3 }]);

  silent.behaviour.silent = false;
  expect(await retryRead(ctx, who, batchId)).toBe(1);
  expect(await retryRead(ctx, who, batchId)).toBe(0);
  await vi.waitFor(async () => expect(await countsOf(marketId, batchId)).toEqual({ answered: 4, skipped: 2 }), 10_000);
  const audited = await ctx.db.query('select action, reason from audit where market_id = $1 order by audit_id', [
    marketId,
  ]);
  expect(audited).toEqual([
    { action: 'collection.read_batch', reason: 'month end' },
    { action: 'collection.retry_read_batch', reason: null },
  ]);
  const found = async (query: Parameters<typeof readBatches>[2]) => {
    const { total, batches } = await readBatches(ctx.db, marketId, query);
    expect(total).toBe(batches.length);
    return batches.map((one) => one.batchId);
  };
  expect(await found({})).toEqual([batchId]);
  expect(await found({ underWay: false, failed: false, text: 'MONTH' })).toEqual([batchId]);
  expect(await found({ underWay: true })).toEqual([]);
  expect(await found({ failed: true })).toEqual([]);
  expect(await found({ to: '2000-01-01' })).toEqual([]);
});

test('what is cancelled is not asked any more, and a program that starts again asks once more what was under way', async () => {
  const { who, devices, request, batchId } = await openMarket();
  const { marketId } = who;
  await startRead(ctx, deskOf(ctx), who, request);
  await ctx.db.query(
    `update read_batch_meter set state = 'sent' where market_id = $1 and meter_id = (
       select meter_id from read_batch_meter where market_id = $1 and state = 'queued' order by meter_id limit 1)`,
    [marketId],
  );
  expect(await cancelRead(ctx, who, batchId)).toBe(3);
  running.push(startReadBatches(ctx));
  await vi.waitFor(async () => {
    const { answered = 0, failed = 0, ...others } = await countsOf(marketId, batchId);
    expect([answered + failed, others]).toEqual([1, { cancelled: 3, skipped: 2 }]);
  }, 10_000);
  expect(devices.filter(({ requests }) => requests.length > 0).length).toBeLessThanOrEqual(1);
});

test('a batch that is cancelled just as it is taken up keeps no later one waiting', async () => {
  const { who, request, batchId } = await openMarket();
  const { marketId } = who;
  await ctx.db.query(`update meter set link_key = 'one line' where market_id = $1 and kind = 'electricity'`, [
    marketId,
  ]);
  await startRead(ctx, deskOf(ctx), who, request);
  await ctx.db.query(`update read_batch_meter set state = 'queued' where market_id = $1`, [marketId]);
  const later = { ...request, batchId: randomUUID() };
  const { query } = ctx.db;
  let isCancelled = false;
  vi.spyOn(ctx.db, 'query').mockImplementation(async (sql, values, name) => {
    if (!isCancelled && sql.includes(`set state = 'sent'`)) {
      isCancelled = true;
      await startRead(ctx, deskOf(ctx), who, later);
      await cancelRead(ctx, who, batchId);
    }
    return query(sql, values, name);
  });
  running.push(startReadBatches(ctx), { stop: async () => void vi.restoreAllMocks() });
  await vi.waitFor(async () => {
    const { queued = 0, sent = 0 } = await countsOf(marketId, later.batchId);
    expect([isCancelled, queued + sent]).toEqual([true, 0]);
  }, 10_000);
});

test('an id stands for one batch, and meters of another market are none', async () => {
  const { who, request } = await openMarket();
  await startRead(ctx, deskOf(ctx), who, request);
  const other = startRead(ctx, deskOf(ctx), who, { ...request, reason: 'another' });
  await expect(other).rejects.toMatchObject({ code: 'collection.batch_reused' });
  const foreign = await openMarket();
  const mixed = startRead(ctx, deskOf(ctx), who, { ...request, batchId: randomUUID(), meterIds: foreign.meterIds });
  await expect(mixed).rejects.toMatchObject({ code: 'collection.no_such_meter' });
});
