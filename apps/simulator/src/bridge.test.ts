import modbusSerial from 'modbus-serial';
import { afterEach, expect, test } from 'vitest';
import { manualWorld, threePhase } from '../test-support/world.ts';
import { type BridgeFraming, startBridge } from './bridge.ts';
import { ElectricityMeter } from './electricity-meter.ts';

const { time, world } = manualWorld();
const meter = new ElectricityMeter(threePhase, 'cold_store', world);
const closing: (() => Promise<void>)[] = [];

afterEach(async () => {
  for (const close of closing.splice(0)) await close();
});

async function master(framing: BridgeFraming) {
  const bridge = await startBridge(meter, 0, framing);
  const client = new modbusSerial.default();
  closing.push(() => new Promise((resolve) => client.close(() => resolve())), bridge.close);
  if (framing === 'rtu') await client.connectTelnet('127.0.0.1', { port: bridge.port });
  else await client.connectTcpRTUBuffered('127.0.0.1', { port: bridge.port });
  client.setID(1);
  client.setTimeout(2_000);
  return client;
}

test.each(['rtu', 'tcp'] as const)(
  'modbus-serial reads the energy and the live block of a simulated meter over %s',
  async (framing) => {
    const client = await master(framing);
    const legacy = await client.readHoldingRegisters(0x0000, 2);
    expect(BigInt(legacy.buffer.readUInt32BE(0)) * 10n).toBe(meter.totalWh);
    const live = await client.readHoldingRegisters(0x0200, 48);
    expect(live.data[0]).toBe(5);
    expect(live.data[0x14]).toBe(30);
    expect(BigInt(live.buffer.readUInt32BE(42)) * 10n).toBe(meter.totalWh);
  },
);

test.each(['rtu', 'tcp'] as const)(
  'modbus-serial trips and closes the relay and reads it back over %s',
  async (framing) => {
    const client = await master(framing);
    await client.writeRegisters(0x0057, [1, 1]);
    time.advance(200);
    expect((await client.readHoldingRegisters(0x0224, 1)).buffer[0]).toBe(0);
    expect(meter.relay).toBe('off');
    await client.writeRegisters(0x0057, [1, 0]);
    time.advance(200);
    expect((await client.readHoldingRegisters(0x0224, 1)).buffer[0]).toBe(0xe0);
    expect((await client.readHoldingRegisters(0x0057, 2)).data).toEqual([1, 0]);
    expect(meter.relay).toBe('on');
  },
);

test.each(['rtu', 'tcp'] as const)('modbus-serial sees a refused address as exception 2 over %s', async (framing) => {
  const client = await master(framing);
  await expect(client.readHoldingRegisters(0x7000, 1)).rejects.toMatchObject({ modbusCode: 2 });
  await expect(client.writeRegisters(0x021f, [0, 0])).rejects.toMatchObject({ modbusCode: 2 });
});
