import { zonedParts } from '@openprepay/kernel';
import { encodeFrame, readReply, readRequest } from '@openprepay/protocols/cjt188';
import { signatureOf } from '@openprepay/protocols/onenet';
import { fastify } from 'fastify';
import { afterEach, expect, test, vi } from 'vitest';
import { type TestClock, testClock, testContext } from '../../../test-support/database.ts';
import { saveNbProducts } from '../../devices/index.ts';
import { intake } from '../../readings/index.ts';
import { type Headend, startHeadend } from '../index.ts';
import { createReportQueue } from '../report-queue.ts';
import { createStats } from '../stats.ts';
import { commandNow, order, START, seedMarket, stateOf, type TestMeter, waterAddress } from '../test-support/market.ts';
import { onenetData, onenetPush, ScriptedOneNet } from '../test-support/scripted-onenet.ts';
import { NO_TRACE } from '../trace.ts';
import { registerNbPush } from './push.ts';

const TOKEN = 'onenet-push-token-1';
const AES_KEY = 'abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG';
const SECRETS = { token: TOKEN, aesKey: null };
const clock: TestClock = testClock(START);
const ctx = await testContext(clock);
const stats = createStats(ctx.log);
const app = fastify();
const reports = createReportQueue({ intake: (batch) => intake(ctx.db, batch) });
registerNbPush(app, { ctx, stats, reports, trace: NO_TRACE });
const { marketId } = await seedMarket(ctx.db);
const products = [
  ['PxYz12', 'cjt188', TOKEN],
  ['Profile9', 'profile-water', 'onenet-push-token-2'],
  ['Other9', 'no-such-codec', 'onenet-push-token-3'],
] as const;
await saveNbProducts(
  ctx.db,
  marketId,
  products.map(([productId, codec, pushToken]) => ({
    platform: 'onenet',
    productId,
    codec,
    baseUrl: 'http://onenet.test',
    appKey: '',
    appSecret: 'the-master-key',
    masterKey: AES_KEY,
    pushToken,
    allowedSources: ['127.0.0.1'],
  })),
);
let running: Headend | null = null;

afterEach(async () => {
  await running?.stop();
  running = null;
  await ctx.db.query(`update command set state = 'expired', finished_at = created_at where finished_at is null`);
});

let lastImei = 860_000_000_000_000;

/** A water meter behind a product of OneNET. */
async function oneMeter(productId = 'PxYz12'): Promise<TestMeter & { imei: string }> {
  const { water } = await seedMarket(ctx.db, { water: 1 });
  const [meter] = water;
  if (!meter) throw new Error('no meter');
  lastImei += 1;
  const imei = String(lastImei);
  const linkKey = `${productId}/${imei}`;
  await ctx.db.query('update meter set link_key = $2 where meter_id = $1', [meter.meterId, linkKey]);
  await ctx.db.query('update device_directory set link_key = $2 where meter_id = $1', [meter.meterId, linkKey]);
  return { ...meter, linkKey, imei };
}

async function post(body: string, token = TOKEN): Promise<{ status: number; code: unknown }> {
  const headers = { 'content-type': 'application/json' };
  const answer = await app.inject({ method: 'POST', url: `/push/onenet/${token}`, payload: body, headers });
  return { status: answer.statusCode, code: answer.json().code };
}

function metering(valve: 'on' | 'off', at = clock.now()): Uint8Array {
  const said = { currentLitres: 7_770n, settlementLitres: 0n, batteryLow: false, statusRaw: '0000', valve };
  const reading = { ...said, clock: zonedParts(at, 'Asia/Shanghai') };
  return encodeFrame(readReply(readRequest(waterAddress(0), 0), reading));
}

const reportsBy = (imei: string, valve: 'on' | 'off') =>
  post(onenetPush(onenetData(imei, clock.now(), metering(valve)), SECRETS));

const becomes = (commandId: string, now: object) =>
  vi.waitFor(async () => expect(await commandNow(ctx.db, commandId)).toMatchObject(now), { timeout: 10_000 });

test('the address proves itself to the platform, and to nobody else', async () => {
  await oneMeter();
  const ask = (signature: string) => {
    const query = { msg: 'm5g7', nonce: 'n0nce', signature };
    return app.inject({ method: 'GET', url: `/push/onenet/${TOKEN}`, query });
  };
  const right = await ask(signatureOf(TOKEN, 'n0nce', 'm5g7'));
  expect([right.statusCode, right.body]).toEqual([200, 'm5g7']);
  expect((await ask(signatureOf('another token', 'n0nce', 'm5g7'))).statusCode).toBe(400);
});

test.each([
  ['in the clear', null],
  ['encrypted', AES_KEY],
])('a report %s is stored once, however often it comes', async (_how, aesKey) => {
  const meter = await oneMeter();
  const body = onenetPush(onenetData(meter.imei, START, metering('on', START)), { token: TOKEN, aesKey });
  expect([await post(body), await post(body)]).toEqual([
    { status: 200, code: 0 },
    { status: 200, code: 0 },
  ]);
  const readings = await ctx.db.query('select total, read_at from reading where meter_id = $1', [meter.meterId]);
  expect(readings).toEqual([{ total: 7_770n, read_at: START }]);
  expect(await stateOf(ctx.db, meter)).toMatchObject({ switch_state: 'on', online: true });
});

test('a push signed with another token, or for the other platform, is refused and stores nothing', async () => {
  const meter = await oneMeter();
  const before = stats.snapshot().nb_pushes_refused;
  const forged = onenetPush(onenetData(meter.imei, START, metering('on')), { token: 'guess', aesKey: null });
  expect(await post(forged)).toEqual({ status: 400, code: 'frame.not_decrypted' });
  expect((await post(forged, 'guess')).status).toBe(404);
  const elsewhere = await app.inject({ method: 'POST', url: `/push/ctwing/${TOKEN}`, payload: '{}' });
  expect(elsewhere.statusCode).toBe(404);
  expect(stats.snapshot().nb_pushes_refused).toBe(before + 3);
  expect(await ctx.db.query('select 1 from reading where meter_id = $1', [meter.meterId])).toEqual([]);
});

test('messages that came together are taken in the order of their own times', async () => {
  const meter = await oneMeter();
  const later = new Date(START.getTime() + 600_000);
  clock.set(later);
  const messages = [
    onenetData(meter.imei, later, metering('off', later)),
    onenetData(meter.imei, START, metering('on', START)),
  ];
  expect(await post(onenetPush(messages, SECRETS))).toMatchObject({ status: 200 });
  expect(await stateOf(ctx.db, meter)).toMatchObject({ switch_state: 'off' });
});

test('a valve order is kept for the sleeping meter, and only its own later report confirms it', async () => {
  const meter = await oneMeter();
  const platform = new ScriptedOneNet('the-master-key');
  running = await startHeadend(ctx, { listenHost: '127.0.0.1', listenPort: 0, fetch: platform.fetch });
  await reportsBy(meter.imei, 'on');
  clock.advance(1_000);
  const commandId = await order(ctx, meter, 'off', 7_200);
  await becomes(commandId, { state: 'sent', platform_ref: expect.stringMatching(/^u-/) });
  const [command] = platform.commands;
  expect(command).toMatchObject({ imei: meter.imei, payloadHex: expect.stringMatching(/^6810.*04a017..99..16$/) });

  const answer = { type: 7, dev_id: 5071, imei: meter.imei, at: clock.now().getTime(), cmd_id: command?.uuid };
  await post(onenetPush({ ...answer, confirm_status: 0 }, SECRETS));
  expect(await commandNow(ctx.db, commandId)).toMatchObject({ state: 'acknowledged' });
  clock.advance(20_000);
  await reportsBy(meter.imei, 'off');
  expect(await commandNow(ctx.db, commandId)).toMatchObject({ state: 'confirmed', attempts: 1 });
});

test('the order that a newer one replaces is taken back', async () => {
  const meter = await oneMeter();
  const platform = new ScriptedOneNet('the-master-key');
  running = await startHeadend(ctx, { listenHost: '127.0.0.1', listenPort: 0, fetch: platform.fetch });
  const first = await order(ctx, meter, 'off');
  await becomes(first, { state: 'sent', platform_ref: 'u-0' });
  const second = await order(ctx, meter, 'on');
  await becomes(second, { state: 'sent', platform_ref: 'u-1' });
  expect(platform.commands.map(({ status }) => status)).toEqual([2, 1]);
  expect(await commandNow(ctx.db, first)).toMatchObject({ state: 'superseded', outcome: 'cancelled_on_platform' });
});

test('what became of an order is asked for when nobody says', async () => {
  const meter = await oneMeter();
  const platform = new ScriptedOneNet('the-master-key');
  running = await startHeadend(ctx, { listenHost: '127.0.0.1', listenPort: 0, fetch: platform.fetch });
  const commandId = await order(ctx, meter, 'off');
  await becomes(commandId, { state: 'sent', platform_ref: 'u-0' });
  const [command] = platform.commands;
  if (command) command.status = 5;
  clock.advance(3_600_000);
  await ctx.db.tx((tx) => tx.notify('command', `${meter.marketId} ${meter.meterId}`));
  await becomes(commandId, { state: 'acknowledged' });
});

test('values of a profile are read by the codec that the product names', async () => {
  const meter = await oneMeter('Profile9');
  const values = { water_flow: 12.34, valve_status: 1, battery_low: 1 };
  const message = { type: 1, dev_id: 1, imei: meter.imei, ds_id: 'report', at: START.getTime(), value: values };
  const token = 'onenet-push-token-2';
  expect(await post(onenetPush(message, { token, aesKey: null }), token)).toMatchObject({ status: 200 });
  expect(await ctx.db.query('select total from reading where meter_id = $1', [meter.meterId])).toEqual([
    { total: 12_340n },
  ]);
  expect(await stateOf(ctx.db, meter)).toMatchObject({ switch_state: 'off', battery_low: true });
});

test.each([
  ['no codec for it', 'Other9', 'onenet-push-token-3', metering('on')],
  ['another codec', 'Profile9', 'onenet-push-token-2', metering('on')],
  ['the right codec and no sense', 'PxYz12', TOKEN, Uint8Array.of(0x50, 0x55, 0, 4)],
])('a payload with %s is kept as it came, and answered', async (_what, productId, token, payload) => {
  const meter = await oneMeter(productId);
  const before = stats.snapshot().nb_payloads_undecodable;
  const body = onenetPush(onenetData(meter.imei, START, payload), { token, aesKey: null });
  expect(await post(body, token)).toEqual({ status: 200, code: 0 });
  const frames = await ctx.db.query('select protocol, bytes from frame where meter_id = $1', [meter.meterId]);
  expect(frames).toEqual([{ protocol: 'unknown', bytes: Buffer.from(payload) }]);
  expect(stats.snapshot().nb_payloads_undecodable).toBe(before + 1);
});
