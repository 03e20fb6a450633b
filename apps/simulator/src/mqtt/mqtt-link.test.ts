import { createServer } from 'node:net';
import {
  decodeHwUp,
  decodeIotUp,
  encodeHwDown,
  encodeIotDown,
  type HwUp,
  type IotUp,
  type Packing,
  PLAIN,
  parseHwTopic,
  parseIotTopic,
  readingOfHwData,
  readingOfIotMeter,
} from '@openprepay/protocols/acrelmqtt';
import { decodeReply, encodeRequest } from '@openprepay/protocols/modbus';
import { Aedes } from 'aedes';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { fastBus, realWorld, singlePhase } from '../../test-support/world.ts';
import { ElectricityMeter } from '../electricity-meter.ts';
import { listenOn } from '../listen.ts';
import { MqttLink } from './mqtt-link.ts';

const KEY = 'SN26070001';
const PRODUCT = 'ddsy1352';

let broker: Aedes;
let server: ReturnType<typeof createServer>;
let url: string;
let link: MqttLink;
let meter: ElectricityMeter;

beforeEach(async () => {
  broker = await Aedes.createBroker();
  server = createServer((socket) => void broker.handle(socket));
  url = `mqtt://127.0.0.1:${await listenOn(server, 0, '127.0.0.1')}`;
});
afterEach(async () => {
  link.stop();
  await new Promise<void>((done) => broker.close(() => done()));
  await new Promise((done) => server.close(done));
});

function start(settings: Record<string, unknown>, seed = 1): void {
  const world = realWorld({ seed });
  const site = { ...singlePhase, link: 'mqtt', linkKey: KEY, busAddress: `${KEY}1/5` } as const;
  meter = new ElectricityMeter(site, 'meat', world);
  link = new MqttLink({ linkKey: KEY, secret: 'secret', settings }, [meter], world, url, fastBus);
  link.start(0);
}

const say = (topic: string, payload: Uint8Array): void =>
  broker.publish({ cmd: 'publish', topic, payload: Buffer.from(payload), qos: 1, retain: false, dup: false }, () => {});

/** A server of the overseas family: acknowledges what it is told to. */
function hwServer(acknowledges: (command: string) => boolean = () => true): HwUp[] {
  const heard: HwUp[] = [];
  broker.on('publish', ({ topic, payload }, client) => {
    if (!client) return;
    const { command } = parseHwTopic(topic);
    heard.push(decodeHwUp(command, Uint8Array.from(Buffer.from(payload))));
    if (!acknowledges(command)) return;
    const down = encodeHwDown({ kind: 'ack', command, accepted: true });
    say(`/server/acrelHW/null/${down.command}/${KEY}`, down.payload);
  });
  return heard;
}

test('the overseas family logs in and uploads what the register says, as another codec reads it', async () => {
  const heard = hwServer();
  start({});
  await expect.poll(() => heard.some(({ kind }) => kind === 'data')).toBe(true);
  expect(link.connected).toBe(true);
  const data = heard.find((message) => message.kind === 'data');
  if (data?.kind !== 'data') throw new Error('no upload');
  expect(data).toMatchObject({ serial: KEY, meterSerial: `${KEY}1`, missing: false, history: false });
  const { reading } = readingOfHwData(data, { verified: true });
  expect(reading).toMatchObject({ total: meter.totalWh, switchState: 'on' });
});

test('an upload that is not acknowledged is sent again, and what waited comes as history', async () => {
  let acknowledges = false;
  const heard = hwServer((command) => command === 'login' || acknowledges);
  start({});
  await expect.poll(() => heard.filter(({ kind }) => kind === 'data').length).toBe(1);
  link.unplug();
  acknowledges = true;
  link.plug();
  await expect.poll(() => heard.filter(({ kind }) => kind === 'data').length).toBe(2);
});

test('frames for its meter pass through it to the line and back', async () => {
  const heard = hwServer();
  start({});
  await expect.poll(() => link.connected).toBe(true);
  const bytes = encodeRequest({ kind: 'read', unit: 5, start: 0, quantity: 2 });
  const { command, payload } = encodeHwDown({ kind: 'transparent', meterSerial: `${KEY}1`, bytes });
  say(`/server/acrelHW/null/${command}/${KEY}`, payload);
  await expect.poll(() => heard.some(({ kind }) => kind === 'transparent')).toBe(true);
  const answer = heard.find((message) => message.kind === 'transparent');
  const reply = answer?.kind === 'transparent' ? decodeReply(answer.bytes) : null;
  expect(reply?.kind === 'read' && BigInt(Buffer.from(reply.data).readUInt32BE(0)) * 10n).toBe(meter.totalWh);
});

/** A server of the domestic family: packs as the login said, and answers by message number. */
function iotServer(): { heard: IotUp[]; packing: () => Packing } {
  const heard: IotUp[] = [];
  let packing: Packing = PLAIN;
  broker.on('publish', ({ topic, payload }, client) => {
    if (!client) return;
    const { channel } = parseIotTopic(topic);
    const bytes = Uint8Array.from(Buffer.from(payload));
    const message = decodeIotUp(channel, bytes, bytes[0] === 0x7b ? PLAIN : packing);
    heard.push(message);
    if (message.kind === 'login') packing = { compress: message.compress, secret: null };
    if (message.kind !== 'login' && message.kind !== 'data') return;
    const method = message.kind;
    const { msgid, serial } = message;
    const answer = { kind: 'answer', method, msgid, serial, at: new Date(), accepted: true, errorCode: null } as const;
    say(`sys/server/${PRODUCT}/${KEY}`, encodeIotDown(answer, method === 'login' ? PLAIN : packing));
  });
  return { heard, packing: () => packing };
}

test.each([1, 2, 3, 4])(
  'the domestic family logs in, uploads and is switched, packed as it says (seed %i)',
  async (seed) => {
    const { heard, packing } = iotServer();
    start({ productKey: PRODUCT }, seed);
    await expect.poll(() => heard.some(({ kind }) => kind === 'data')).toBe(true);
    const data = heard.find((message) => message.kind === 'data');
    const [part] = data?.kind === 'data' ? data.meters : [];
    if (!part) throw new Error('no upload');
    expect(part.address).toBe(`${KEY}1`);
    expect(readingOfIotMeter(part, { verified: true }).reading).toMatchObject({
      total: meter.totalWh,
      switchState: 'on',
    });
    // More than a number in JSON can hold.
    expect(BigInt(data?.msgid ?? 0)).toBeGreaterThan(BigInt(Number.MAX_SAFE_INTEGER));

    const msgid = '18446744073709551615';
    const head = { msgid, serial: KEY, at: new Date() };
    const order = encodeIotDown(
      { ...head, kind: 'switch', address: null, meterName: 'DDSY1352-IOT', wanted: 'off' },
      packing(),
    );
    say(`indicate/server/${PRODUCT}/${KEY}`, order);
    await expect.poll(() => meter.relay).toBe('off');
    await expect.poll(() => heard.find(({ kind }) => kind === 'answer')).toMatchObject({ msgid, done: true });
  },
);
