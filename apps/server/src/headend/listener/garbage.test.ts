import { connect, type Socket } from 'node:net';
import { encodeUp } from '@openprepay/protocols/acrel4g';
import { afterAll, expect, test, vi } from 'vitest';
import { testClock, testContext } from '../../../test-support/database.ts';
import { startHeadend } from '../index.ts';
import { START, seedMarket } from '../test-support/market.ts';
import { ScriptedMeter } from '../test-support/scripted-meter.ts';

const ctx = await testContext(testClock(START));
const { electricity } = await seedMarket(ctx.db, { electricity: 20 });
const headend = await startHeadend(ctx, {
  listenHost: '127.0.0.1',
  listenPort: 0,
  limits: { registerWithinMs: 6_000 },
});
afterAll(() => headend.stop());

const MB = 1024 * 1024;

function open(): Promise<Socket> {
  const socket = connect({ port: headend.port, host: '127.0.0.1' });
  socket.on('error', () => {});
  return new Promise((done) => socket.once('connect', () => done(socket)));
}

/** Sends until everything is gone or the other side has hung up. */
async function pour(bytes: Uint8Array): Promise<void> {
  const socket = await open();
  const closed = new Promise((done) => socket.once('close', done));
  socket.resume();
  for (let at = 0; at < bytes.length && !socket.destroyed; at += 64 * 1024) {
    if (!socket.write(bytes.subarray(at, at + 64 * 1024))) {
      await Promise.race([closed, new Promise((done) => socket.once('drain', done))]);
    }
  }
  socket.end();
  await closed;
}

function randomBytes(count: number): Uint8Array {
  const bytes = new Uint8Array(count);
  for (let at = 0; at < count; at += 65_536) crypto.getRandomValues(bytes.subarray(at, Math.min(at + 65_536, count)));
  return bytes;
}

async function marketRuns(): Promise<void> {
  for (const meter of electricity) {
    const device = new ScriptedMeter(meter.linkKey);
    await device.register(headend.port);
    const acknowledged = device.next('data_ack');
    device.sendData();
    await acknowledged;
    await device.disconnect();
  }
}

test('ten megabytes of random bytes close their connection, are counted, and hold no memory', async () => {
  const before = process.memoryUsage();
  await pour(randomBytes(10 * MB));
  await vi.waitFor(() => expect(headend.stats().closed_for_garbage).toBe(1));
  expect(headend.stats().noise_bytes).toBeGreaterThan(64 * 1024);
  // Of ten megabytes, what has been read when the limit is met: at most a chunk more.
  expect(headend.stats().noise_bytes).toBeLessThan(256 * 1024);
  expect(process.memoryUsage().arrayBuffers - before.arrayBuffers).toBeLessThan(16 * MB);
  await marketRuns();
});

test('frames that announce a gigabyte, and half frames, wait for nothing and stop nothing', async () => {
  const hostile = [
    Uint8Array.of(0x1f, 0x1f, 0x03, 0x40, 0x00, 0x00, 0x00),
    Uint8Array.of(0x7b, 0x7b, 0x91, 0x40, 0x00, 0x00, 0x00),
    encodeUp({ kind: 'heartbeat' }).slice(0, 4),
    new Uint8Array(3 * MB).fill(0x7b),
    new Uint8Array(3 * MB).fill(0x7d),
  ];
  await Promise.all(hostile.map((bytes) => pour(bytes)));
  await marketRuns();
});

test('a thousand connections that say nothing leave room for the market, and end by themselves', async () => {
  const sockets = await Promise.all(Array.from({ length: 1_000 }, open));
  await vi.waitFor(() => expect(headend.stats().unregistered).toBe(1_000));
  await marketRuns();
  expect(headend.stats().closed_to_make_room).toBe(0);

  const more = await Promise.all(Array.from({ length: 200 }, open));
  await vi.waitFor(() => expect(headend.stats().closed_to_make_room).toBe(100));
  await marketRuns();

  const ended = Promise.all(
    [...sockets, ...more].map((socket) =>
      socket.destroyed ? null : new Promise((done) => socket.once('close', done)),
    ),
  );
  for (const socket of [...sockets, ...more]) socket.resume();
  await ended;
  await vi.waitFor(() => expect(headend.stats()).toMatchObject({ connections: 0, unregistered: 0 }));
  expect(headend.stats().closed_without_registration).toBeGreaterThan(900);
}, 40_000);
