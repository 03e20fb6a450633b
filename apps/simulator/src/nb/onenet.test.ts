import { createServer } from 'node:http';
import type { Clock } from '@openprepay/kernel';
import { decodeFrame, encodeFrame, valveRequest } from '@openprepay/protocols/cjt188';
import {
  ONENET_NORTHBOUND,
  type OneNetPush,
  parseOneNetPush,
  parseOneNetReply,
  signToken,
  writeLaterRequest,
} from '@openprepay/protocols/onenet';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { realWorld, water } from '../../test-support/world.ts';
import { listenOn } from '../listen.ts';
import { NbCycle } from '../nb-cycle.ts';
import { NbPlatform } from '../nb-platform.ts';
import type { SiteNbProduct } from '../site.ts';
import { WaterMeter } from '../water-meter.ts';

const IMEI = '860803010000001';
const PRODUCT: SiteNbProduct = {
  platform: 'onenet',
  productId: '301774',
  baseUrl: '',
  appKey: 'products/301774',
  appSecret: Buffer.from('an access key of the product').toString('base64'),
  masterKey: '',
  pushToken: 'token-of-the-push',
  allowedSources: [],
};
const SPEED = 60;

let pushes: OneNetPush[];
let platform: NbPlatform;
let cycle: NbCycle;
let meter: WaterMeter;
let origin: string;
let clock: Clock;
const receiver = createServer((request, response) => {
  const chunks: Buffer[] = [];
  request.on('data', (chunk: Buffer) => chunks.push(chunk));
  request.on('end', () => {
    pushes.push(...parseOneNetPush(Buffer.concat(chunks).toString(), { token: PRODUCT.pushToken, aesKey: null }));
    response.end();
  });
});

beforeEach(async () => {
  pushes = [];
  const port = await listenOn(receiver, 0, '127.0.0.1');
  const world = { ...realWorld(), speed: SPEED };
  clock = world.clock;
  platform = new NbPlatform(world, [PRODUCT], `http://127.0.0.1:${port}`);
  meter = new WaterMeter({ ...water, linkKey: `301774/${IMEI}` }, 'fish', world);
  cycle = new NbCycle(meter, platform, world);
  origin = await platform.listen('127.0.0.1', 0);
  cycle.start(0);
});
afterEach(async () => {
  cycle.stop();
  await platform.stop();
  receiver.closeAllConnections();
  await new Promise((done) => receiver.close(done));
});

async function call(
  method: string,
  path: string,
  query: Record<string, string>,
  body?: string,
  key = PRODUCT.appSecret,
) {
  const expires = new Date(clock.now().getTime() + 3_600_000);
  const authorization = signToken(key, { resource: PRODUCT.appKey, expires });
  const url = `${origin}${path}?${new URLSearchParams(query)}`;
  return (await fetch(url, { method, headers: { authorization }, ...(body !== undefined && { body }) })).json();
}

function order(key?: string) {
  const { query, body } = writeLaterRequest({
    imei: IMEI,
    payloadHex: Buffer.from(encodeFrame(valveRequest(water.busAddress, 'off', 7))).toString('hex'),
    validFrom: clock.now(),
    expires: new Date(clock.now().getTime() + 48 * 3_600_000),
  });
  const { method, path } = ONENET_NORTHBOUND.writeLater;
  return call(method, path, query, body, key);
}

test('another codec takes its signed pushes: the device comes, and its bytes are the meter’s', async () => {
  await expect.poll(() => pushes.filter(({ kind }) => kind === 'data').length).toBeGreaterThan(0);
  expect(pushes[0]).toMatchObject({ kind: 'online', online: true, imei: IMEI });
  const data = pushes.find((push) => push.kind === 'data');
  const bytes = data?.kind === 'data' && data.value.kind === 'bytes' ? data.value.bytes : new Uint8Array();
  expect(decodeFrame(Uint8Array.from(bytes))).toMatchObject({ address: water.busAddress, dataId: '901F' });
});

test('a command that another client signs reaches the meter, and history says how it stands', async () => {
  const { commandId } = parseOneNetReply(await order());
  await expect.poll(() => meter.valve, { timeout: 5_000 }).toBe('off');
  const history = await call('GET', `/nbiot/offline/history/${commandId}`, { imei: IMEI });
  expect(history).toMatchObject({ errno: 0, data: { send_status: 5 } });
  await expect
    .poll(() => pushes.find(({ kind }) => kind === 'command_response'))
    .toMatchObject({ commandId, result: '0' });
});

test('a call signed with another key is refused, and so is an unknown command', async () => {
  expect(() => parseOneNetReply({ errno: 3, error: 'auth failed' })).toThrow();
  expect(await order(Buffer.from('another key').toString('base64'))).toMatchObject({ errno: 3 });
  expect(await call('GET', '/nbiot/offline/history/999', { imei: IMEI })).toMatchObject({ errno: 12 });
});
