import type { AddressInfo } from 'node:net';
import { createServer, type Server, type Socket } from 'node:net';
import { Aedes } from 'aedes';
import { connectAsync } from 'mqtt';
import { afterEach, expect, test, vi } from 'vitest';
import { testClock, testContext } from '../../../test-support/database.ts';
import { type Headend, startHeadend } from '../index.ts';
import { START, stateOf } from '../test-support/market.ts';
import { mqttMeter } from '../test-support/mqtt-device.ts';

const ctx = await testContext(testClock(START));
const closers: (() => Promise<unknown>)[] = [];

afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

/** Somebody's broker: it lets everybody in, and can go away. */
class OtherBroker {
  port = 0;
  #server: Server | null = null;
  readonly #sockets = new Set<Socket>();

  async open(): Promise<void> {
    const broker = await Aedes.createBroker();
    const server = createServer((socket) => {
      this.#sockets.add(socket);
      broker.handle(socket);
    });
    await new Promise<void>((done) => server.listen(this.port, '127.0.0.1', done));
    this.port = (server.address() as AddressInfo).port;
    this.#server = server;
  }

  async close(): Promise<void> {
    const closed = new Promise((done) => this.#server?.close(done));
    for (const socket of this.#sockets) socket.destroy();
    await closed;
  }
}

async function start(broker: OtherBroker): Promise<Headend> {
  const mqtt = { url: `mqtt://127.0.0.1:${broker.port}` };
  const headend = await startHeadend(ctx, { listenHost: '127.0.0.1', listenPort: 0, mqtt });
  closers.push(() => headend.stop());
  return headend;
}

async function deviceAt(broker: OtherBroker, sn: string) {
  const device = await connectAsync(`mqtt://127.0.0.1:${broker.port}`, {
    clientId: `device-${sn}`,
    reconnectPeriod: 0,
  });
  closers.push(() => device.endAsync(true));
  await device.subscribeAsync(`/server/acrelHW/+/+/${sn}`, { qos: 1 });
  const acknowledged = new Promise<string>((done) => device.once('message', (_topic, text) => done(text.toString())));
  return { device, acknowledged };
}

const beat = (gwSN: string) => JSON.stringify({ type: 'heart', gwSN });

test('devices of a broker elsewhere are heard and answered, and a broker that comes back is found again', async () => {
  const broker = new OtherBroker();
  await broker.open();
  closers.push(() => broker.close());
  const meter = await mqttMeter(ctx.db);
  const headend = await start(broker);
  await vi.waitFor(() => expect(headend.stats().connections).toBe(1));

  const first = await deviceAt(broker, meter.linkKey);
  await first.device.publishAsync(`/gw/acrelHW/null/heart/${meter.linkKey}`, beat(meter.linkKey), { qos: 1 });
  expect(await first.acknowledged).toBe('{"type":"heart","res":1}');
  await vi.waitFor(async () => expect(await stateOf(ctx.db, meter)).toMatchObject({ online: true }));

  await broker.close();
  await vi.waitFor(() => expect(headend.stats().mqtt_broker_lost).toBeGreaterThan(0));
  await broker.open();
  await vi.waitFor(() => expect(headend.stats().connections).toBe(1), { timeout: 10_000 });
  const again = await deviceAt(broker, meter.linkKey);
  await vi.waitFor(
    async () => {
      await again.device.publishAsync(`/gw/acrelHW/null/heart/${meter.linkKey}`, beat(meter.linkKey), { qos: 1 });
      expect(headend.stats().mqtt_messages).toBeGreaterThan(1);
    },
    { timeout: 10_000 },
  );
  expect(await again.acknowledged).toBe('{"type":"heart","res":1}');
}, 30_000);

test('a device that nobody claimed is listed, whoever let it in', async () => {
  const broker = new OtherBroker();
  await broker.open();
  closers.push(() => broker.close());
  const headend = await start(broker);
  await vi.waitFor(() => expect(headend.stats().connections).toBe(1));
  const { device } = await deviceAt(broker, 'stranger-1');
  await vi.waitFor(async () => {
    await device.publishAsync('/gw/acrelHW/null/heart/stranger-1', beat('stranger-1'), { qos: 1 });
    expect(await ctx.db.query(`select link from unclaimed_device where link_key = 'stranger-1'`)).toEqual([
      { link: 'mqtt' },
    ]);
  });
});

test('a broker that is away at the start is waited for, and everything else works', async () => {
  const broker = new OtherBroker();
  await broker.open();
  await broker.close();
  const headend = await start(broker);
  expect(headend.port).toBeGreaterThan(0);
  await broker.open();
  closers.push(() => broker.close());
  await vi.waitFor(() => expect(headend.stats().connections).toBe(1), { timeout: 10_000 });
});
