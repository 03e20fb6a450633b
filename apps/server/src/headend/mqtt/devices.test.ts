import { fromHex, toHex, zonedParts } from '@openprepay/kernel';
import { createAcrel4gStream } from '@openprepay/protocols/acrel4g';
import { decodeIotDown, encodeIotUp } from '@openprepay/protocols/acrelmqtt';
import { decodeRequest } from '@openprepay/protocols/modbus';
import { afterEach, expect, test, vi } from 'vitest';
import { type TestClock, testClock, testContext } from '../../../test-support/database.ts';
import { type Headend, type HeadendOptions, startHeadend } from '../index.ts';
import { commandNow, exceptionsOf, order, START, stateOf, type TestMeter } from '../test-support/market.ts';
import { MqttTestDevice, mqttMeter, SECRET } from '../test-support/mqtt-device.ts';
import { ScriptedMeter } from '../test-support/scripted-meter.ts';

const clock: TestClock = testClock(START);
const ctx = await testContext(clock);
let headend: Headend | null = null;
const devices: MqttTestDevice[] = [];
const FAST = { readBackAfterMs: [1, 2], limits: { replyWithinMs: 300, quietAfterTimeOutMs: 10 } };

afterEach(async () => {
  for (const device of devices.splice(0)) await device.leave();
  await headend?.stop();
  headend = null;
  clock.set(START);
});

/** A meter that has signed in and hears what is meant for it. */
async function connected(options: Partial<HeadendOptions> = FAST, access?: object) {
  const meter = await mqttMeter(ctx.db, access);
  headend ??= await startHeadend(ctx, {
    listenHost: '127.0.0.1',
    listenPort: 0,
    mqtt: { host: '127.0.0.1', port: 0 },
    ...options,
  });
  const device = await MqttTestDevice.signIn(headend.mqttPort ?? 0, meter.linkKey);
  devices.push(device);
  const { linkKey: sn } = meter;
  await device.hear(`/server/acrelHW/+/+/${sn}`, `sys/server/+/${sn}`, `indicate/server/+/${sn}`);
  return { meter, device, sn };
}

const compact = (at: Date): string => {
  const { year, month, day, hour, minute, second } = zonedParts(at, 'Asia/Shanghai');
  return [year, month, day, hour, minute, second].map((field) => String(field).padStart(2, '0')).join('');
};

const hwData = (gwSN: string, at: Date, wh: number, more: object = {}) => ({
  type: 'data',
  time: compact(at),
  gwSN,
  meterSN: gwSN,
  meterName: 'DDSY1352',
  meterStatus: 'normal',
  wh,
  ...more,
});

const readingsOf = ({ meterId }: TestMeter) =>
  ctx.db.query('select total, read_at from reading where meter_id = $1 order by read_at', [meterId]);

const becomes = (commandId: string, now: object) =>
  vi.waitFor(async () => expect(await commandNow(ctx.db, commandId)).toMatchObject(now), { timeout: 10_000 });

test('a device of the overseas family signs in, is given the time, and is online with what it says of itself', async () => {
  const { meter, device, sn } = await connected();
  const welcomed = device.next('/login/');
  const login = { type: 'login', gwSN: sn, time: '20260302100000', ccid: '89860428', imei: '86', rssi: 26, ver: '1.2' };
  await device.say(`/gw/acrelHW/ADW/login/${sn}`, login);
  expect(await welcomed).toEqual({ topic: `/server/acrelHW/ADW/login/${sn}`, text: '{"type":"login","res":1}' });
  const told = device.next('/time/');
  await device.say(`/gw/acrelHW/ADW/time/${sn}`, { type: 'time', gwSN: sn });
  expect((await told).text).toContain(compact(START));
  await vi.waitFor(async () =>
    expect(await stateOf(ctx.db, meter)).toMatchObject({ online: true, iccid: '89860428', rssi: 26, firmware: '1.2' }),
  );
  await device.leave();
  await vi.waitFor(async () => expect(await stateOf(ctx.db, meter)).toMatchObject({ online: false }));
});

test('an upload is acknowledged when it is durable, and the same one again changes nothing', async () => {
  const { meter, device, sn } = await connected();
  for (const _time of [1, 2]) {
    const acknowledged = device.next('/data/');
    await device.say(`/gw/acrelHW/null/data/${sn}`, hwData(sn, START, 12.34));
    expect((await acknowledged).text).toBe('{"type":"data","res":1}');
    expect(await readingsOf(meter)).toEqual([{ total: 12_340n, read_at: START }]);
  }
});

test('an upload that is longer than a frame that is kept is a reading all the same', async () => {
  const { meter, device, sn } = await connected();
  const acknowledged = device.next('/data/');
  await device.say(`/gw/acrelHW/null/data/${sn}`, hwData(sn, START, 12.34, { more: 'x'.repeat(70_000) }));
  await acknowledged;
  expect(await readingsOf(meter)).toEqual([{ total: 12_340n, read_at: START }]);
});

test('uploads out of order end in the order of their own times', async () => {
  const { meter, device, sn } = await connected();
  const later = new Date(START.getTime() + 600_000);
  clock.set(later);
  for (const [command, at, wh] of [
    ['data', later, 2],
    ['hstdata', START, 1],
  ] as const) {
    const acknowledged = device.next(`/${command}/`);
    await device.say(`/gw/acrelHW/null/${command}/${sn}`, hwData(sn, at, wh, { type: command }));
    await acknowledged;
  }
  expect((await readingsOf(meter)).map(({ total }) => total)).toEqual([1_000n, 2_000n]);
});

test('what could not be stored is not acknowledged', async () => {
  const { device, sn } = await connected({ ...FAST, intake: () => Promise.reject(new Error('the database is away')) });
  await device.say(`/gw/acrelHW/null/data/${sn}`, hwData(sn, START, 1));
  const acknowledged = device.next('/heart/');
  await vi.waitFor(() => expect(headend?.stats().pushes_deferred).toBe(1));
  await device.say(`/gw/acrelHW/null/heart/${sn}`, { type: 'heart', gwSN: sn });
  await acknowledged;
  expect(device.heard.map(({ topic }) => topic)).toEqual([`/server/acrelHW/null/heart/${sn}`]);
});

test('names that nobody has verified on a meter are kept, and are no reading', async () => {
  const { meter, device, sn } = await connected(FAST, {});
  const acknowledged = device.next('/data/');
  await device.say(`/gw/acrelHW/null/data/${sn}`, hwData(sn, START, 1));
  await acknowledged;
  expect(await readingsOf(meter)).toEqual([]);
  expect(await ctx.db.query('select protocol from frame where meter_id = $1', [meter.meterId])).toEqual([
    { protocol: 'acrelmqtt' },
  ]);
});

test('a meter behind a device that nobody registered is listed', async () => {
  const { device, sn } = await connected();
  const acknowledged = device.next('/data/');
  await device.say(`/gw/acrelHW/null/data/${sn}`, hwData(sn, START, 1, { meterSN: '20250001' }));
  await acknowledged;
  expect(await ctx.db.query('select link from unclaimed_device where link_key = $1', [`${sn}/20250001`])).toEqual([
    { link: 'mqtt' },
  ]);
});

test('a relay is switched through the transparent channel, by the meter’s own protocol and read-back', async () => {
  const { meter, device, sn } = await connected();
  const relay = new ScriptedMeter(sn);
  relay.send = (bytes) => {
    const [up] = createAcrel4gStream('up').push(bytes);
    if (up?.message.kind !== 'transparent') return;
    const answer = { type: 'transport', gwSN: sn, meterSN: sn, data: toHex(up.message.modbus) };
    // It may be leaving already: then nobody waits for this one.
    device.say(`/gw/acrelHW/null/transport/${sn}`, answer).catch(() => {});
  };
  device.client.on('message', (topic, payload) => {
    if (topic.includes('/transport/')) relay.answer(decodeRequest(fromHex(JSON.parse(payload.toString()).data)));
  });
  await device.say(`/gw/acrelHW/null/heart/${sn}`, { type: 'heart', gwSN: sn });
  await becomes(await order(ctx, meter, 'off'), { state: 'confirmed' });
  expect(relay.relay).toBe('off');
  expect(await stateOf(ctx.db, meter)).toMatchObject({ switch_state: 'off' });
});

const MSGID = '9223372036854775807';

const iotData = (sn: string, at: Date, values: object) =>
  `{"msgid":${MSGID},"sn":"${sn}","method":"data","timestamp":${at.getTime() / 1000},"payload":${JSON.stringify(values)}}`;

test('a device of the domestic family is answered with its own number of 64 bits', async () => {
  const { meter, device, sn } = await connected();
  const welcomed = device.next('sys/server/');
  const login = `{"msgid":${MSGID},"method":"login","sn":"${sn}","timestamp":1772416800,"payload":{"compress":0,"encrypt":0,"ccid":"8986"}}`;
  await device.say(`sys/dev/pk1/${sn}`, login);
  const { topic, text } = await welcomed;
  expect(topic).toBe(`sys/server/pk1/${sn}`);
  expect(text).toMatch(new RegExp(`^\\{"msgid":${MSGID},.*"res":1`));
  const acknowledged = device.next('sys/server/');
  await device.say(`data/up/pk1/${sn}`, iotData(sn, START, { addr: sn, EPI: '7.5', do1: 1, time: compact(START) }));
  expect((await acknowledged).text).toContain(MSGID);
  expect(await readingsOf(meter)).toEqual([{ total: 7_500n, read_at: START }]);
  await vi.waitFor(async () =>
    expect(await stateOf(ctx.db, meter)).toMatchObject({ switch_state: 'on', iccid: '8986' }),
  );
});

/** Uploads where its relay stands, and waits for the acknowledgement. */
async function uploads(device: MqttTestDevice, sn: string, do1: 0 | 1): Promise<void> {
  const acknowledged = device.next('sys/server/');
  await device.say(`data/up/pk1/${sn}`, iotData(sn, clock.now(), { EPI: '7.5', do1, time: compact(clock.now()) }));
  await acknowledged;
}

async function answers(device: MqttTestDevice, sn: string, res: 0 | 1): Promise<unknown> {
  const { text } = await device.next('indicate/server/');
  const msgid = /"msgid":(\d+)/.exec(text)?.[1];
  await device.say(`indicate/dev/pk1/${sn}`, `{"msgid":${msgid},"method":"operate","sn":"${sn}","res":${res}}`);
  return JSON.parse(text).payload;
}

test('an order is acknowledged by its number, and only the meter’s next upload confirms it', async () => {
  const { meter, device, sn } = await connected();
  await uploads(device, sn, 1);
  const ordered = answers(device, sn, 1);
  const commandId = await order(ctx, meter, 'off');
  expect(await ordered).toEqual({ addr: sn, meterName: 'DDSY1352-IOT', method: 'FORCESWITCH', ForceSwitch: 0, do1: 0 });
  await becomes(commandId, { state: 'acknowledged', attempts: 1 });
  clock.advance(60_000);
  await uploads(device, sn, 0);
  await becomes(commandId, { state: 'confirmed', attempts: 1 });
});

test('an upload that contradicts is followed by the order again', async () => {
  const { meter, device, sn } = await connected();
  await uploads(device, sn, 1);
  const first = answers(device, sn, 1);
  const commandId = await order(ctx, meter, 'off');
  await first;
  await becomes(commandId, { state: 'acknowledged' });
  clock.advance(60_000);
  const second = answers(device, sn, 1);
  await uploads(device, sn, 1);
  await second;
  await becomes(commandId, { attempts: 2 });
});

test('an upload from before the order confirms nothing', async () => {
  const { meter, device, sn } = await connected();
  await uploads(device, sn, 1);
  const ordered = answers(device, sn, 1);
  const commandId = await order(ctx, meter, 'off');
  await ordered;
  await becomes(commandId, { state: 'acknowledged' });
  clock.advance(-3_600_000);
  await uploads(device, sn, 0);
  expect(await commandNow(ctx.db, commandId)).toMatchObject({ state: 'acknowledged' });
  expect(await exceptionsOf(ctx.db, meter)).toEqual([]);
});

test('a device that packs its messages is understood, and answered alike', async () => {
  const { meter, device, sn } = await connected();
  const packing = { compress: 'zlib', secret: SECRET } as const;
  const answered = new Promise<Uint8Array>((done) => {
    device.client.on('message', (_topic, payload) => payload[0] !== '{'.charCodeAt(0) && done(payload));
  });
  const welcomed = device.next('sys/server/');
  const payload = { compress: 1, compressAlgo: 'ZLIB', encrypt: 1, upInterval: 300 };
  await device.say(`sys/dev/pk1/${sn}`, { msgid: 1, method: 'login', sn, payload });
  await welcomed;
  const values = [['EPI', '8.25'] as const, ['time', compact(START)] as const];
  const upload = { kind: 'data', method: 'data', meters: [{ address: sn, name: null, values }] } as const;
  const packed = encodeIotUp({ msgid: '2', serial: sn, at: START, ...upload }, packing);
  await device.client.publishAsync(`data/up/pk1/${sn}`, Buffer.from(packed), { qos: 1 });
  expect(decodeIotDown(await answered, packing)).toMatchObject({ kind: 'answer', msgid: '2', accepted: true });
  expect(await readingsOf(meter)).toEqual([{ total: 8_250n, read_at: START }]);
});

test('a device through which nothing passes keeps its connection, and its meter its command', async () => {
  const { meter, device, sn } = await connected({ ...FAST, limits: { ...FAST.limits, replyWithinMs: 20 } });
  await device.say(`/gw/acrelHW/null/heart/${sn}`, { type: 'heart', gwSN: sn });
  const commandId = await order(ctx, meter, 'off');
  for (let timeOuts = 1; timeOuts <= 4; timeOuts++) {
    await vi.waitFor(() => expect(headend?.stats().requests_timed_out).toBeGreaterThanOrEqual(timeOuts));
    await ctx.db.tx((tx) => tx.notify('command', `${meter.marketId} ${meter.meterId}`));
  }
  const acknowledged = device.next('/data/');
  await device.say(`/gw/acrelHW/null/data/${sn}`, hwData(sn, START, 3));
  await acknowledged;
  expect(await commandNow(ctx.db, commandId)).toMatchObject({ state: 'sent' });
});

test('messages of no sense are counted and seen, and nothing stops', async () => {
  const { device, sn } = await connected();
  const topics = [`/gw/acrelHW/null/data/${sn}`, `/gw/acrelHW/null/transport/${sn}`, `/gw/acrelHW/null/login/${sn}`];
  const values = [
    '',
    '{',
    '[]',
    'null',
    '{"gwSN":7}',
    `{"gwSN":"${sn}","data":"zz"}`,
    `{"type":"data","gwSN":"${sn}"}`,
  ];
  const deep = `${'{"data":'.repeat(5_000)}1${'}'.repeat(5_000)}`;
  const beat = async () => {
    const alive = device.next('/heart/');
    await device.say(`/gw/acrelHW/null/heart/${sn}`, { type: 'heart', gwSN: sn });
    await alive;
  };
  // Until it is known who speaks, only some of what he says is kept.
  await beat();
  for (const topic of topics) for (const value of [...values, deep]) await device.say(topic, value);
  await beat();
  await vi.waitFor(() => expect(headend?.stats().mqtt_undecodable).toBeGreaterThan(15));
});
