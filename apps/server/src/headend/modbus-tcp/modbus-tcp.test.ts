import { createServer, type Server, type Socket } from 'node:net';
import { createModbusTcpStream, encodeReply, encodeTcp } from '@openprepay/protocols/modbus';
import { ServerTCP } from 'modbus-serial';
import { afterEach, expect, test, vi } from 'vitest';
import { testClock, testContext } from '../../../test-support/database.ts';
import { type Headend, startHeadend } from '../index.ts';
import { ModbusMeter } from '../test-support/bus-meters.ts';
import { seedGateway, totalsOf } from '../test-support/gateways.ts';
import { commandNow, order, START, stateOf } from '../test-support/market.ts';

const ctx = await testContext(testClock(START));
const MODEL = 'DDSY1352-NK';
const closing: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

async function start(): Promise<Headend> {
  const headend = await startHeadend(ctx, {
    listenHost: '127.0.0.1',
    listenPort: 0,
    readBackAfterMs: [1, 5],
    limits: { replyWithinMs: 1_000, quietAfterTimeOutMs: 20 },
    sweep: { everyMs: 10, graceMs: 0, retryLeastMs: 50 },
  });
  closing.push(() => headend.stop());
  return headend;
}

/** A gateway's port, before it is played; free again until then. */
async function freePort(): Promise<number> {
  const probe = createServer();
  await new Promise<void>((done) => probe.listen(0, '127.0.0.1', done));
  const address = probe.address();
  await new Promise((done) => probe.close(done));
  return typeof address === 'object' && address ? address.port : 0;
}

async function seed(port: number, settings: Record<string, unknown> = {}, units: readonly number[] = [1]) {
  const linkKey = `127.0.0.1:${port}`;
  const plan = units.map((unit) => ({ model: MODEL, busAddress: String(unit) }));
  return seedGateway(ctx, { link: 'modbus_tcp', linkKey, settings, meters: plan });
}

/** A gateway played by a test, on the given port; it answers with what `answer` gives. */
async function scripted(port: number, answer: (rtu: Uint8Array, id: number, socket: Socket) => void): Promise<Server> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    const stream = createModbusTcpStream();
    socket.on('error', () => {});
    socket.on('data', (chunk: Uint8Array) => {
      for (const { message } of stream.push(chunk)) answer(message.rtu, message.transactionId, socket);
    });
  });
  await new Promise<void>((done) => server.listen(port, '127.0.0.1', done));
  closing.push(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return server;
}

test('a slave of modbus-serial is called, read and switched', async () => {
  const port = await freePort();
  const like = new ModbusMeter(3, 43_210n);
  const force = [0, 0];
  const registerAt = (address: number): number => {
    if (address === 0x0057 || address === 0x0058) return force[address - 0x0057] ?? 0;
    return Buffer.from(like.block()).readUInt16BE(2 * (address - 0x0200));
  };
  const slave = new ServerTCP(
    {
      getHoldingRegister: (address: number) => registerAt(address),
      setRegister: (address: number, value: number) => {
        force[address - 0x0057] = value;
        like.forced = force[0] === 1;
        like.relay = force[1] === 1 ? 'off' : 'on';
      },
    },
    { host: '127.0.0.1', port, unitID: 3 },
  );
  closing.push(() => new Promise<void>((done) => slave.close(() => done())));
  await new Promise<void>((done) => slave.once('initialized', () => done()));
  const [meter] = await seed(port, {}, [3]);
  if (!meter) throw new Error('no meter');
  const headend = await start();
  await vi.waitFor(async () => expect(await totalsOf(ctx, meter)).toEqual([43_210n]), { timeout: 10_000 });
  const commandId = await order(ctx, meter, 'off');
  await vi.waitFor(async () => expect(await commandNow(ctx.db, commandId)).toMatchObject({ state: 'confirmed' }), {
    timeout: 10_000,
  });
  expect(force).toEqual([1, 1]);
  expect(headend.stats()).toMatchObject({ requests_timed_out: 0, replies_stray: 0 });
});

test('a gateway that is not there is called again until it is, and its meters are offline when it goes', async () => {
  const port = await freePort();
  const [meter] = await seed(port);
  if (!meter) throw new Error('no meter');
  const headend = await start();
  const like = new ModbusMeter(1, 1_000n);
  const open: Socket[] = [];
  await scripted(port, (rtu, transactionId, socket) => {
    open.push(socket);
    socket.write(encodeTcp({ transactionId, rtu: like.answer(rtu) ?? rtu }));
  });
  await vi.waitFor(async () => expect(await totalsOf(ctx, meter)).toEqual([1_000n]), { timeout: 10_000 });
  await vi.waitFor(async () => expect(await stateOf(ctx.db, meter)).toMatchObject({ online: true }));
  for (const socket of open) socket.destroy();
  await vi.waitFor(async () => expect(await stateOf(ctx.db, meter)).toMatchObject({ online: false }));
  await vi.waitFor(() => expect(headend.stats().sessions_registered).toBe(2), { timeout: 10_000 });
});

test('an answer to an earlier question is known by its number', async () => {
  const port = await freePort();
  const [meter] = await seed(port);
  if (!meter) throw new Error('no meter');
  const like = new ModbusMeter(1, 2_000n);
  const stale = new ModbusMeter(1, 666n);
  await scripted(port, (rtu, transactionId, socket) => {
    socket.write(encodeTcp({ transactionId: transactionId - 1, rtu: stale.answer(rtu) ?? rtu }));
    socket.write(encodeTcp({ transactionId, rtu: like.answer(rtu) ?? rtu }));
  });
  const headend = await start();
  await vi.waitFor(async () => expect(await totalsOf(ctx, meter)).toEqual([2_000n]), { timeout: 10_000 });
  expect(headend.stats().replies_stray).toBeGreaterThan(0);
});

test('a gateway’s word that its meter is silent is a time-out at once, and costs the others nothing', async () => {
  const port = await freePort();
  const [live, dead] = await seed(port, {}, [1, 2]);
  if (!live || !dead) throw new Error('no meters');
  const like = new ModbusMeter(1, 3_000n);
  await scripted(port, (rtu, transactionId, socket) => {
    const silent = encodeReply({ kind: 'exception', unit: 2, functionCode: rtu[1] ?? 3, exceptionCode: 0x0b });
    socket.write(encodeTcp({ transactionId, rtu: like.answer(rtu) ?? silent }));
  });
  const headend = await start();
  await vi.waitFor(async () => expect(await totalsOf(ctx, live)).toEqual([3_000n]), { timeout: 10_000 });
  await vi.waitFor(() => expect(headend.stats().requests_timed_out).toBeGreaterThan(2), { timeout: 10_000 });
  expect(headend.stats()).toMatchObject({ closed_for_time_outs: 0, sessions: 1 });
});

test('a gateway that is entered while the program runs is called at once, and no more when it is retired', async () => {
  const headend = await start();
  const port = await freePort();
  const like = new ModbusMeter(1, 4_000n);
  await scripted(port, (rtu, transactionId, socket) => {
    socket.write(encodeTcp({ transactionId, rtu: like.answer(rtu) ?? rtu }));
  });
  const [meter] = await seed(port);
  if (!meter) throw new Error('no meter');
  await vi.waitFor(async () => expect(await totalsOf(ctx, meter)).toEqual([4_000n]), { timeout: 10_000 });
  await ctx.db.tx(async (tx) => {
    await tx.query('update gateway set retired_at = $2 where market_id = $1', [meter.marketId, START]);
    await tx.query('update meter set retired_at = $2 where market_id = $1', [meter.marketId, START]);
    await tx.notify('device', meter.marketId);
  });
  await vi.waitFor(() => expect(headend.stats().sessions).toBe(0));
});
