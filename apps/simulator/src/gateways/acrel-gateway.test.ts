import {
  createAcrelGwStream,
  decodeUp,
  encodeDown,
  type GwUp,
  isMd5Answer,
  readingOfGwMeter,
} from '@openprepay/protocols/acrelgw';
import { decodeReply, encodeRequest } from '@openprepay/protocols/modbus';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { TcpPeer } from '../../test-support/tcp-peer.ts';
import { fastBus, realWorld, singlePhase } from '../../test-support/world.ts';
import { ElectricityMeter } from '../electricity-meter.ts';
import { AcrelGateway } from './acrel-gateway.ts';

const SECRET = '0123456789abcdef';
/** Half an hour of the market in half a second. */
const SPEED = 3_600;

let peer: TcpPeer;
let gateway: AcrelGateway;
let meter: ElectricityMeter;
let said: GwUp[];

beforeEach(() => {
  peer = new TcpPeer();
  said = [];
});
afterEach(async () => {
  gateway.stop();
  await peer.close();
});

/** A server that knows the gateway by another secret, or by the right one. */
async function start(secret = SECRET, speed = 1): Promise<void> {
  const world = { ...realWorld(), speed };
  const site = { ...singlePhase, link: 'acrelgw', linkKey: 'GW001', busAddress: '2/17' } as const;
  meter = new ElectricityMeter(site, 'meat', world);
  gateway = new AcrelGateway({ linkKey: 'GW001', secret: SECRET }, [meter], world, await peer.listen(), fastBus);
  const streams = new WeakMap<object, ReturnType<typeof createAcrelGwStream>>();
  peer.onData = (chunk, socket) => {
    const stream = streams.get(socket) ?? createAcrelGwStream();
    streams.set(socket, stream);
    for (const { message } of stream.push(chunk)) {
      const up = decodeUp(message, secret);
      said.push(up);
      if (up.kind === 'auth_request') peer.send(encodeDown({ ...up, kind: 'auth_sequence', sequence: '4711' }, null));
      if (up.kind === 'auth_answer') {
        peer.send(encodeDown({ ...up, kind: 'auth_result', passed: isMd5Answer(secret, '4711', up.md5) }, null));
      }
    }
  };
  gateway.start(0);
}

const count = (kind: GwUp['kind']) => said.filter((up) => up.kind === kind).length;

test('it proves who it is, beats, and answers for the meter on its port', async () => {
  await start();
  await peer.until(() => count('heartbeat') > 0);
  expect(said[0]).toMatchObject({ kind: 'auth_request', gatewayId: 'GW001' });
  expect(gateway.connected).toBe(true);
  const bytes = encodeRequest({ kind: 'read', unit: 17, start: 0, quantity: 2 });
  peer.send(encodeDown({ kind: 'transparent', port: 2, address: 17, bytes }, SECRET));
  await peer.until(() => count('transparent') > 0);
  const answer = said.find((up) => up.kind === 'transparent');
  expect(answer).toMatchObject({ port: 2, address: 17 });
  const reply = answer?.kind === 'transparent' ? decodeReply(answer.bytes) : null;
  expect(reply?.kind === 'read' && BigInt(Buffer.from(reply.data).readUInt32BE(0)) * 10n).toBe(meter.totalWh);
});

test('its reports, sealed and read by another codec, say what the register says, and the tariffs add up', async () => {
  await start(SECRET, SPEED);
  await peer.until(() => count('report') > 0);
  const report = said.find((up) => up.kind === 'report');
  if (report?.kind !== 'report') throw new Error('no report');
  expect(report.meters.map(({ id }) => id)).toEqual(['02017']);
  const [first] = report.meters;
  if (!first) throw new Error('no meter');
  const { reading } = readingOfGwMeter(first, report.local, { verified: true });
  expect(Number(meter.totalWh - (reading?.total ?? 0n))).toBeLessThan(100);
  const tariffs = (reading?.tariffs ?? []).map((value) => value ?? 0n);
  expect(tariffs.reduce((sum, one) => sum + one, 0n)).toBe(reading?.total);
});

test('where the server knows another secret it is refused, tries again, and never reports', async () => {
  await start('fedcba9876543210', SPEED);
  await peer.until(() => count('auth_answer') >= 3);
  expect(gateway.connected).toBe(false);
  expect(count('report') + count('heartbeat')).toBe(0);
  expect(peer.connections.length).toBeGreaterThanOrEqual(3);
});

test('a meter that is not there gets no answer', async () => {
  await start();
  await peer.until(() => gateway.connected && count('heartbeat') > 0);
  const bytes = encodeRequest({ kind: 'read', unit: 99, start: 0, quantity: 2 });
  peer.send(encodeDown({ kind: 'transparent', port: 2, address: 99, bytes }, SECRET));
  const before = count('heartbeat');
  await peer.until(() => count('heartbeat') > before + 3);
  expect(count('transparent')).toBe(0);
});
