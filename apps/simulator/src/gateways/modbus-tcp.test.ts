import { createServer } from 'node:net';
import modbusSerial from 'modbus-serial';
import { afterEach, expect, test } from 'vitest';
import { fastBus, realWorld, threePhase } from '../../test-support/world.ts';
import { ElectricityMeter } from '../electricity-meter.ts';
import { listenOn } from '../listen.ts';
import { ModbusTcpGateway } from './modbus-tcp.ts';

const UNITS = [3, 4];
const closing: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0)) await close();
});

async function freePort(): Promise<number> {
  const probe = createServer();
  const port = await listenOn(probe, 0, '127.0.0.1');
  await new Promise((done) => probe.close(done));
  return port;
}

async function start(framing: 'tcp' | 'rtu') {
  const world = realWorld();
  const linkKey = `127.0.0.1:${await freePort()}`;
  const meters = UNITS.map((unit) => {
    const site = {
      ...threePhase,
      link: 'modbus_tcp',
      linkKey,
      serial: `24060010000${unit}`,
      busAddress: `${unit}`,
    } as const;
    return new ElectricityMeter(site, 'cold_store', world);
  });
  const gateway = new ModbusTcpGateway({ linkKey, settings: { framing } }, meters, world, fastBus);
  gateway.start();
  closing.push(() => gateway.stop());
  const port = Number(linkKey.split(':')[1]);
  return { gateway, meters, port };
}

async function master(port: number, framing: 'tcp' | 'rtu') {
  const client = new modbusSerial.default();
  if (framing === 'tcp') await client.connectTcpRTUBuffered('127.0.0.1', { port });
  else await client.connectTelnet('127.0.0.1', { port });
  closing.unshift(() => new Promise<void>((resolve) => client.close(() => resolve())));
  client.setTimeout(1_000);
  return client;
}

test.each(['tcp', 'rtu'] as const)(
  'modbus-serial reads each meter behind the gateway by its unit over %s',
  async (framing) => {
    const { meters, port } = await start(framing);
    const client = await master(port, framing);
    for (const [i, unit] of UNITS.entries()) {
      client.setID(unit);
      const { buffer } = await client.readHoldingRegisters(0x0000, 2);
      expect(BigInt(buffer.readUInt32BE(0)) * 10n).toBe(meters[i]?.totalWh);
    }
  },
);

test('a unit that nobody has is exception 0B, and the next request is answered', async () => {
  const { port } = await start('tcp');
  const client = await master(port, 'tcp');
  client.setID(9);
  await expect(client.readHoldingRegisters(0, 2)).rejects.toMatchObject({ modbusCode: 0x0b });
  client.setID(3);
  await client.readHoldingRegisters(0, 2);
});

test('two masters are served in turn', async () => {
  const { meters, port } = await start('tcp');
  const clients = [await master(port, 'tcp'), await master(port, 'tcp')];
  const answers = await Promise.all(
    clients.map((client, i) => {
      client.setID(UNITS[i] ?? 0);
      return client.readHoldingRegisters(0, 2);
    }),
  );
  expect(answers.map(({ buffer }) => BigInt(buffer.readUInt32BE(0)) * 10n)).toEqual(
    meters.map(({ totalWh }) => totalWh),
  );
});

test('without power nobody gets in, and with it all goes on', async () => {
  const { gateway, port } = await start('tcp');
  gateway.unplug();
  await expect(master(port, 'tcp')).rejects.toThrow();
  gateway.plug();
  const client = await master(port, 'tcp');
  client.setID(3);
  await client.readHoldingRegisters(0, 2);
});
