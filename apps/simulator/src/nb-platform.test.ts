import { createCommandBody, NORTHBOUND, parseCommandReply, sign } from '@openprepay/protocols/ctwing';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { ManualTime } from '../test-support/manual-time.ts';
import { PushReceiver } from '../test-support/push-receiver.ts';
import { manualWorld, water } from '../test-support/world.ts';
import { NbPlatform } from './nb-platform.ts';
import type { SiteNbProduct } from './site.ts';
import { realTimers } from './timers.ts';
import { DEFAULT_PACE, type World } from './world.ts';

const product: SiteNbProduct = {
  platform: 'ctwing',
  productId: '15090417',
  baseUrl: '',
  appKey: 'APPKEY',
  appSecret: 'APPSECRET',
  masterKey: 'MASTERKEY',
  pushToken: 'a-secret-path',
  allowedSources: [],
};
const onenet: SiteNbProduct = { ...product, platform: 'onenet', productId: '301774', pushToken: 'another-path' };
const [, deviceId = ''] = water.linkKey.split('/');

let receiver: PushReceiver;
let platform: NbPlatform;
let time: ManualTime;
let world: World;
let origin: string;
const module = {
  reachable: false,
  called: 0,
  commandWaiting() {
    module.called += 1;
  },
};

beforeEach(async () => {
  receiver = new PushReceiver();
  const manual = manualWorld();
  time = manual.time;
  const pace = { ...DEFAULT_PACE, pushRetryLeastMs: 1, pushRetryMostMs: 2 };
  world = { ...manual.world, timers: realTimers, pace };
  module.reachable = false;
  module.called = 0;
  platform = new NbPlatform(world, [product, onenet], await receiver.listen());
  platform.attach(water.linkKey, module);
  origin = await platform.listen('127.0.0.1', 0);
});

afterEach(async () => {
  await platform.stop();
  await receiver.close();
});

type Api = 'createCommand' | 'queryCommand';

async function call(api: Api, o: { body?: string; query?: Record<string, string>; secret?: string } = {}) {
  const { method, path, version } = NORTHBOUND[api];
  const signing = { application: product.appKey, timestamp: time.now().getTime() };
  const signed = { MasterKey: product.masterKey, ...o.query };
  const response = await fetch(`${origin}${path}?${new URLSearchParams(o.query)}`, {
    method,
    headers: {
      application: signing.application,
      timestamp: String(signing.timestamp),
      version,
      MasterKey: product.masterKey,
      signature: sign(o.secret ?? product.appSecret, signed, o.body ?? '', signing),
    },
    ...(o.body !== undefined && { body: o.body }),
  });
  return (await response.json()) as { code: number; msg: string };
}

const body = (o: { ttlS?: number; deviceId?: string; payloadHex?: string } = {}) =>
  createCommandBody({
    deviceId,
    productId: product.productId,
    payloadHex: 'abcd',
    ttlS: 7200,
    operator: 'test',
    level: 1,
    ...o,
  });

const statusOf = async (commandId: string) =>
  parseCommandReply(await call('queryCommand', { query: { productId: product.productId, deviceId, commandId } }))
    .status;

test('a command with a good signature is kept until the device takes it, and its status can be asked', async () => {
  const { commandId, status } = parseCommandReply(await call('createCommand', { body: body() }));
  expect(status).toBe('saved');
  expect(module.called).toBe(0);
  const command = platform.take(water.linkKey);
  if (!command) throw new Error('no command');
  expect(command.payloadHex).toBe('abcd');
  expect(await statusOf(commandId)).toBe('sent');
  platform.delivered(command);
  expect(await statusOf(commandId)).toBe('delivered');
  platform.completed(command);
  expect(await statusOf(commandId)).toBe('completed');
  await receiver.until(() => receiver.received.length === 3);
  expect(receiver.resultCodes).toEqual(['SENT', 'DELIVERED', 'COMPLETED']);
  expect(receiver.received[0]).toMatchObject({ taskId: commandId, deviceId, productId: product.productId });
  expect([...receiver.paths]).toEqual(['/push/ctwing/a-secret-path']);
  expect(platform.take(water.linkKey)).toBeUndefined();
});

test('a bad signature, an unknown device, a broken body and an unknown path are refused', async () => {
  const answers = [
    await call('createCommand', { body: body(), secret: 'WRONG' }),
    await call('createCommand', { body: body({ deviceId: 'ffff' }) }),
    await call('createCommand', { body: '{"content":' }),
    await call('queryCommand', { query: { productId: product.productId, deviceId, commandId: '1' } }),
    (await (await fetch(`${origin}/nothing`)).json()) as { code: number },
  ];
  for (const { code } of answers) expect(code).not.toBe(0);
  expect(platform.take(water.linkKey)).toBeUndefined();
});

test('a reachable device is told of a command at once; time to live 0 needs one', async () => {
  expect((await call('createCommand', { body: body({ ttlS: 0 }) })).code).not.toBe(0);
  module.reachable = true;
  expect((await call('createCommand', { body: body({ ttlS: 0 }) })).code).toBe(0);
  expect(module.called).toBe(1);
  expect(platform.take(water.linkKey)).toBeDefined();
});

test('a command whose time to live ends before the device wakes is failed and reported', async () => {
  const { commandId } = parseCommandReply(await call('createCommand', { body: body({ ttlS: 60 }) }));
  time.advance(60_000);
  expect(await statusOf(commandId)).toBe('saved');
  time.advance(1);
  platform.expireAll();
  await receiver.until(() => receiver.received.length === 1);
  expect(receiver.resultCodes).toEqual(['TTL_TIMEOUT']);
  expect(await statusOf(commandId)).toBe('failed');
  expect(platform.take(water.linkKey)).toBeUndefined();
});

test('no more than 50 unfinished commands wait for a device', async () => {
  const codes: number[] = [];
  for (let n = 0; n < 51; n++) codes.push((await call('createCommand', { body: body() })).code);
  expect(codes.filter((code) => code === 0)).toHaveLength(50);
  expect(codes.at(-1)).not.toBe(0);
});

test('echo tells the time of the platform', async () => {
  const response = await fetch(`${origin}/echo`);
  expect(response.headers.get(NORTHBOUND.echo.clockHeader)).toBe(String(time.now().getTime()));
});

test('a waiting command survives a restart of the platform', async () => {
  await call('createCommand', { body: body() });
  platform.take(water.linkKey);
  const restarted = new NbPlatform(world, [product], 'http://127.0.0.1:1');
  restarted.attach(water.linkKey, module);
  expect(restarted.take(water.linkKey)?.payloadHex).toBe('abcd');
  await restarted.stop();
});

test('while the server is down pushes wait, and then come once each and in order', async () => {
  receiver.status = 503;
  for (let n = 0; n < 5; n++) platform.report(water.linkKey, Uint8Array.of(n), time.now().getTime());
  await receiver.until(() => receiver.attempts >= 8);
  expect(world.counters.pushesFailed).toBeGreaterThan(5);
  receiver.status = 200;
  await receiver.until(() => receiver.received.length === 5);
  expect(receiver.received.map((push) => push.kind === 'data' && push.payload?.[0])).toEqual([0, 1, 2, 3, 4]);
  await expect.poll(() => world.counters.pushes).toBe(5);
});

test('a push the server refuses for good is given up after 20 tries, and the next one goes', async () => {
  receiver.status = 400;
  platform.report(water.linkKey, Uint8Array.of(1), time.now().getTime());
  platform.report(water.linkKey, Uint8Array.of(2), time.now().getTime());
  await expect.poll(() => world.counters.pushesDropped).toBe(1);
  expect(receiver.attempts).toBeGreaterThanOrEqual(20);
  receiver.status = 200;
  await receiver.until(() => receiver.received.length === 1);
  expect(receiver.received[0]).toMatchObject({ kind: 'data', payload: Uint8Array.of(2) });
});

test('one platform away takes no other with it, and what its devices said comes when it is back', async () => {
  platform.pause(onenet.productId);
  await expect(fetch(`${origin}/nbiot/offline`)).rejects.toThrow();
  expect((await call('createCommand', { body: body() })).code).toBe(0);
  platform.report(water.linkKey, Uint8Array.of(1), time.now().getTime());
  await receiver.until(() => receiver.received.length === 1);
  platform.pause(product.productId);
  platform.report(water.linkKey, Uint8Array.of(2), time.now().getTime());
  await expect(fetch(`${origin}/echo`)).rejects.toThrow();
  platform.resume(product.productId);
  await receiver.until(() => receiver.received.length === 2);
});
