import { type FastifyInstance, fastify } from 'fastify';
import { expect, test } from 'vitest';
import { testClock, testContext } from '../../../test-support/database.ts';
import { intake as storeReports } from '../../readings/index.ts';
import { createReportQueue, type Intake } from '../report-queue.ts';
import { createStats } from '../stats.ts';
import { PRODUCT, PUSH_TOKEN, START, seedMarket, type TestMeter, waterAddress } from '../test-support/market.ts';
import { dataPush, meteringPush } from '../test-support/scripted-platform.ts';
import { NO_TRACE } from '../trace.ts';
import { registerNbPush } from './push.ts';

const clock = testClock(START);
const ctx = await testContext(clock);
const { water } = await seedMarket(ctx.db, { water: 3 });
const stats = createStats(ctx.log);
const app = pushAddress((batch) => storeReports(ctx.db, batch));

function pushAddress(intake: Intake): FastifyInstance {
  const server = fastify();
  registerNbPush(server, { ctx, stats, reports: createReportQueue({ intake }), trace: NO_TRACE });
  return server;
}

async function post(payload: object | string, url = `/push/ctwing/${PUSH_TOKEN}`, remoteAddress = '127.0.0.1') {
  const headers = { 'content-type': 'application/json' };
  const answer = await app.inject({ method: 'POST', url, payload, headers, remoteAddress });
  return { status: answer.statusCode, code: answer.json().code as unknown };
}

function meterAt(index: number): TestMeter & { address: string } {
  const meter = water[index];
  if (!meter) throw new Error('no meter');
  return { ...meter, address: waterAddress(index) };
}

const readingsOf = ({ meterId }: TestMeter) =>
  ctx.db.query('select total, read_at from reading where meter_id = $1 order by read_at', [meterId]);

test('a report is stored by the meter’s own clock before it is answered, and the same push again changes nothing', async () => {
  const meter = meterAt(0);
  const push = meteringPush(meter, START, { valve: 'on' });
  expect(await post(push)).toEqual({ status: 200, code: 0 });
  expect(await post([push, push])).toEqual({ status: 200, code: 0 });
  expect(await readingsOf(meter)).toEqual([{ total: 12_340n, read_at: START }]);
  expect(stats.snapshot()).toMatchObject({ nb_pushes_taken: 1, nb_pushes_repeated: 2 });
});

test('reports out of order end in the order of their own times, and a late one moves no valve', async () => {
  const meter = meterAt(1);
  const later = new Date(START.getTime() + 600_000);
  clock.set(later);
  await post(meteringPush(meter, later, { valve: 'off', currentLitres: 12_400n }));
  await post(meteringPush(meter, START, { valve: 'on' }));
  expect((await readingsOf(meter)).map((row) => row.total)).toEqual([12_340n, 12_400n]);
  const state = await ctx.db.query('select switch_state from meter_state where meter_id = $1', [meter.meterId]);
  expect(state).toEqual([{ switch_state: 'off' }]);
});

test('a meter without a clock is dated by the platform', async () => {
  const meter = meterAt(2);
  await post(meteringPush(meter, START, { valve: 'on', clock: null }));
  expect(await readingsOf(meter)).toEqual([{ total: 12_340n, read_at: START }]);
});

test('a payload that is no frame of its meter is kept, counted, and answered', async () => {
  const meter = meterAt(0);
  expect(await post(dataPush(meter.linkKey, START, Uint8Array.of(0x50, 0x55, 0, 0x3c)))).toMatchObject({ status: 200 });
  const frames = await ctx.db.query(`select bytes from frame where meter_id = $1 and protocol = 'unknown'`, [
    meter.meterId,
  ]);
  expect(frames).toEqual([{ bytes: Buffer.of(0x50, 0x55, 0, 0x3c) }]);
  expect(stats.snapshot()).toMatchObject({ nb_payloads_undecodable: 1 });
});

test('a device nobody claimed is listed, and nothing else of it is stored', async () => {
  const linkKey = `${PRODUCT}/stranger`;
  expect(await post(dataPush(linkKey, START, Uint8Array.of(1)))).toMatchObject({ status: 200 });
  const rows = await ctx.db.query('select link, contacts, remote from unclaimed_device where link_key = $1', [linkKey]);
  expect(rows).toEqual([{ link: 'nb', contacts: 1n, remote: '127.0.0.1' }]);
});

const good = meteringPush(meterAt(0), START, { valve: 'on' });

test.each([
  ['a wrong token', () => post(good, '/push/ctwing/guess'), 404, 'headend.unknown_push_address'],
  ['a wrong source', () => post(good, undefined, '203.0.113.7'), 403, 'headend.source_not_allowed'],
  ['no JSON', () => post('{'), 400, 'headend.bad_push'],
  ['an empty array', () => post([]), 400, 'headend.bad_push'],
  ['a number', () => post('7'), 400, 'frame.bad_payload'],
  ['an unknown message', () => post({ ...good, messageType: 'x' }), 400, 'frame.unknown_function'],
  ['another product', () => post({ ...good, productId: '1' }), 400, 'headend.wrong_product'],
  ['a body over the limit', () => post(`"${'x'.repeat(257 * 1024)}"`), 413, 'headend.push_too_large'],
])('%s is refused by name, and counted', async (_what, send, status, code) => {
  const before = stats.snapshot().nb_pushes_refused;
  expect(await send()).toEqual({ status, code });
  expect(stats.snapshot().nb_pushes_refused).toBe(before + 1);
});

test('what could not be stored is not answered with 200, and is taken when it comes again', async () => {
  let broken = true;
  const flaky = pushAddress(async () => {
    if (broken) throw new Error('the database is away');
  });
  const request = { method: 'POST', url: `/push/ctwing/${PUSH_TOKEN}`, payload: good } as const;
  const refused = await flaky.inject(request);
  expect([refused.statusCode, refused.json().code]).toEqual([503, 'headend.not_durable']);
  broken = false;
  expect((await flaky.inject(request)).statusCode).toBe(200);
});
