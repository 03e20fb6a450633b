import { connect } from 'node:net';
import { afterEach, expect, test, vi } from 'vitest';
import { testClock, testContext } from '../../../test-support/database.ts';
import { type Headend, startHeadend } from '../index.ts';
import { START } from '../test-support/market.ts';
import { MqttTestDevice, mqttMeter } from '../test-support/mqtt-device.ts';
import { MQTT_LIMITS } from './limits.ts';

const ctx = await testContext(testClock(START));
let headend: Headend | null = null;
const devices: MqttTestDevice[] = [];

async function start(): Promise<number> {
  headend = await startHeadend(ctx, { listenHost: '127.0.0.1', listenPort: 0, mqtt: { host: '127.0.0.1', port: 0 } });
  return headend.mqttPort ?? 0;
}

async function signIn(...given: Parameters<typeof MqttTestDevice.signIn>): Promise<MqttTestDevice> {
  const device = await MqttTestDevice.signIn(...given);
  devices.push(device);
  return device;
}

afterEach(async () => {
  for (const device of devices.splice(0)) await device.leave();
  await headend?.stop();
  headend = null;
});

const count = (name: 'sign_ins_refused' | 'mqtt_denied' | 'closed_for_garbage') => headend?.stats()[name] ?? 0;

test.each([
  ['a wrong secret', { password: 'guess' }],
  ['an empty secret', { password: '' }],
  ['no secret', { password: undefined }],
])('a device with %s stays outside, and its market is told', async (_what, given) => {
  const meter = await mqttMeter(ctx.db);
  const port = await start();
  await expect(signIn(port, meter.linkKey, given as object)).rejects.toThrow(/Not authorized|Bad username/i);
  expect(count('sign_ins_refused')).toBe(1);
  await vi.waitFor(
    async () =>
      expect(
        await ctx.db.query('select event, market_id from link_event where link_key = $1', [meter.linkKey]),
      ).toEqual([{ event: 'sign_in_refused', market_id: meter.marketId }]),
    { timeout: 5_000 },
  );
});

test('a device that nobody claimed stays outside, and is listed', async () => {
  const port = await start();
  await expect(signIn(port, 'nobody-s-7')).rejects.toThrow(/Not authorized|Bad username/i);
  await vi.waitFor(
    async () =>
      expect(await ctx.db.query(`select link from unclaimed_device where link_key = 'nobody-s-7'`)).toEqual([
        { link: 'mqtt' },
      ]),
    { timeout: 5_000 },
  );
});

test('nobody comes in without a name', async () => {
  const port = await start();
  await expect(signIn(port, '', { username: '', password: '' })).rejects.toThrow(/Not authorized|Bad username/i);
});

test('a device hears what is meant for it, and nothing else', async () => {
  const meter = await mqttMeter(ctx.db);
  const other = await mqttMeter(ctx.db);
  const port = await start();
  const device = await signIn(port, meter.linkKey);
  expect(await device.hear(`/server/acrelHW/+/+/${meter.linkKey}`)).toEqual([1]);
  expect(await device.hear(`sys/server/+/${meter.linkKey}`, `indicate/server/key/${meter.linkKey}`)).toEqual([1, 1]);
  for (const filter of ['#', `/server/acrelHW/+/+/${other.linkKey}`, '/gw/acrelHW/+/+/+', '+/+/+/+', '$SYS/#']) {
    expect(await device.hear(filter)).toEqual([128]);
  }
  expect(count('mqtt_denied')).toBe(5);
});

test('a device that speaks for another is put out, and nothing of it is taken', async () => {
  const meter = await mqttMeter(ctx.db);
  const other = await mqttMeter(ctx.db);
  const port = await start();
  const device = await signIn(port, meter.linkKey);
  const out = device.closed();
  const forged = { type: 'data', gwSN: other.linkKey, meterSN: other.linkKey, time: '20260302100000', wh: 5 };
  device.client.publish(`/gw/acrelHW/null/data/${other.linkKey}`, JSON.stringify(forged));
  await out;
  expect(count('mqtt_denied')).toBe(1);
  expect(await ctx.db.query('select 1 from reading where meter_id = $1', [other.meterId])).toEqual([]);
});

test('a message that names another device than its topic is not taken', async () => {
  const meter = await mqttMeter(ctx.db);
  const other = await mqttMeter(ctx.db);
  const port = await start();
  const device = await signIn(port, meter.linkKey);
  const forged = { type: 'data', gwSN: other.linkKey, meterSN: other.linkKey, time: '20260302100000', wh: 5 };
  await device.say(`/gw/acrelHW/null/data/${meter.linkKey}`, forged);
  await vi.waitFor(() => expect(headend?.stats().mqtt_undecodable).toBe(1));
  expect(await ctx.db.query('select 1 from reading where meter_id = $1', [other.meterId])).toEqual([]);
});

test('the newest connection of a device wins, and another device cannot take its name', async () => {
  const meter = await mqttMeter(ctx.db);
  const other = await mqttMeter(ctx.db);
  const port = await start();
  const first = await signIn(port, meter.linkKey);
  await signIn(port, other.linkKey, { clientId: meter.linkKey });
  await first.say(`/gw/acrelHW/null/heart/${meter.linkKey}`, { type: 'heart', gwSN: meter.linkKey });
  expect(first.client.connected).toBe(true);
  const out = first.closed();
  await signIn(port, meter.linkKey, { clientId: 'another name' });
  await out;
});

test('quality of service 2 is not spoken here', async () => {
  const meter = await mqttMeter(ctx.db);
  const port = await start();
  const device = await signIn(port, meter.linkKey);
  const out = device.closed();
  device.client.publish(`/gw/acrelHW/null/heart/${meter.linkKey}`, '{}', { qos: 2 });
  await out;
  expect(count('mqtt_denied')).toBe(1);
});

test('a packet over the limit ends its connection, and no other', async () => {
  const meter = await mqttMeter(ctx.db);
  const other = await mqttMeter(ctx.db);
  const port = await start();
  const device = await signIn(port, meter.linkKey);
  const beside = await signIn(port, other.linkKey);
  const out = device.closed();
  device.client.publish(`/gw/acrelHW/null/data/${meter.linkKey}`, Buffer.alloc(MQTT_LIMITS.maxPacketBytes));
  await out;
  expect(count('closed_for_garbage')).toBe(1);
  expect(beside.client.connected).toBe(true);
});

test('what is no MQTT is put out, and the port goes on', async () => {
  const meter = await mqttMeter(ctx.db);
  const port = await start();
  const ended = await Promise.all(
    ['GET / HTTP/1.1\r\n\r\n', '\x10\xff\xff\xff\xff\xff', '\x30\x05hello', '\x00\x00\x00'].map(
      (garbage) =>
        new Promise((done) => {
          const socket = connect({ port, host: '127.0.0.1' }, () => socket.write(Buffer.from(garbage, 'latin1')));
          socket.on('error', () => {});
          socket.on('close', () => done('closed'));
        }),
    ),
  );
  expect(ended).toEqual(['closed', 'closed', 'closed', 'closed']);
  expect((await signIn(port, meter.linkKey)).client.connected).toBe(true);
});

test('a port that is taken is an error at the start, and leaves nothing open', async () => {
  const port = await start();
  const taken = { listenHost: '127.0.0.1', listenPort: 0, mqtt: { host: '127.0.0.1', port } };
  await expect(startHeadend(ctx, taken)).rejects.toThrow(/EADDRINUSE/);
});
