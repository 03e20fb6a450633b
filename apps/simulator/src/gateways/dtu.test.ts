import {
  createDlt645Stream,
  decodeReply,
  encodeFrame,
  frameOfRequest,
  readRequest,
} from '@openprepay/protocols/dlt645';
import { createDtuStripper, type DtuEvent } from '@openprepay/protocols/dtu';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { TcpPeer } from '../../test-support/tcp-peer.ts';
import { fastBus, meter645, realWorld } from '../../test-support/world.ts';
import { makeMeter } from '../make-meter.ts';
import { Dtu } from './dtu.ts';

const HEARTBEAT = 'fe01fe01';
const LOGIN = { pattern: 'LOGIN:(\\w{1,32})' };
const READ = encodeFrame(frameOfRequest(readRequest(meter645.busAddress, '00010000')), 4);

let peer: TcpPeer;
let dtu: Dtu;

beforeEach(() => {
  peer = new TcpPeer();
});
afterEach(async () => {
  dtu.stop();
  await peer.close();
});

async function start(settings: Record<string, unknown>, linkKey = 'DTU001'): Promise<void> {
  const world = realWorld();
  const meter = makeMeter({ ...meter645, linkKey }, 'meat', world);
  dtu = new Dtu({ linkKey, settings }, [meter], world, await peer.listen(), fastBus);
  dtu.start(0);
}

/** What the other side's codec makes of everything that came, with a silence after each chunk as a line has it. */
function eventsOf(on: 'connect' | 'every_packet'): DtuEvent[] {
  const stripper = createDtuStripper({ name: 'login', register: LOGIN, on, heartbeats: [HEARTBEAT] });
  const chunks = peer.connections.at(-1)?.chunks ?? [];
  return chunks.flatMap((chunk) => [...stripper.push(chunk), ...stripper.settle()]);
}

const lineBytes = (events: readonly DtuEvent[]) =>
  events.flatMap((event) => (event.kind === 'line' ? [...event.bytes] : []));

test.each([
  ['once', 'connect'],
  ['every_packet', 'every_packet'],
] as const)(
  'with its registration %s, another codec finds the meter’s answer between what the modem adds',
  async (registration, on) => {
    await start({ registration, heartbeats: [HEARTBEAT] });
    await peer.until(() => peer.received().length > 0);
    peer.send(READ);
    const answered = () => createDlt645Stream().push(Uint8Array.from(lineBytes(eventsOf(on)))).length > 0;
    await peer.until(answered);
    await peer.until(() => eventsOf(on).filter(({ kind }) => kind === 'heartbeat').length >= 2);
    const events = eventsOf(on);
    expect(events[0]).toEqual({ kind: 'registered', key: 'DTU001' });
    const [frame] = createDlt645Stream().push(Uint8Array.from(lineBytes(events)));
    expect(frame && decodeReply(frame.message)).toMatchObject({ kind: 'data', address: meter645.busAddress });
    const copies = peer.received().toString('latin1').split('LOGIN:DTU001').length - 1;
    if (on === 'connect') expect(copies).toBe(1);
    else expect(copies).toBeGreaterThanOrEqual(3);
  },
);

test('a modem that is named by its IMEI says nothing but that', async () => {
  await start({}, '860803012345678');
  await peer.until(() => peer.received().length >= 15);
  expect(peer.received().toString('latin1')).toBe('860803012345678');
});

test('it comes back after the server dropped it, and after its power was off', async () => {
  await start({});
  await peer.until(() => peer.connections.length === 1);
  peer.connections[0]?.socket.destroy();
  await peer.until(() => peer.connections.length === 2 && peer.received().length > 0);
  dtu.unplug();
  await peer.until(() => peer.connections[1]?.socket.destroyed ?? false);
  expect(dtu.connected).toBe(false);
  dtu.plug();
  await peer.until(() => peer.connections.length === 3 && peer.received().length > 0);
  expect(dtu.connected).toBe(true);
});
