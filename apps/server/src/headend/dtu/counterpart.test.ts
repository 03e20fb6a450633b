import { server as jsmodbus } from 'jsmodbus';
import { afterEach, expect, test, vi } from 'vitest';
import { testClock, testContext } from '../../../test-support/database.ts';
import { type Headend, startHeadend } from '../index.ts';
import { ModbusMeter } from '../test-support/bus-meters.ts';
import { seedGateway, totalsOf } from '../test-support/gateways.ts';
import { commandNow, order, START } from '../test-support/market.ts';
import { ScriptedDtu } from '../test-support/scripted-dtu.ts';

const ctx = await testContext(testClock(START));
const running: Headend[] = [];
afterEach(async () => {
  for (const headend of running.splice(0)) await headend.stop();
});

const LIVE_AT = 2 * 0x0200;
const FORCE_AT = 2 * 0x0057;
const HOLDING_BYTES = 2 * 0x0300;

test('a slave of jsmodbus on the bus is read and switched', async () => {
  const linkKey = '860000000000001';
  const [meter] = await seedGateway(ctx, { link: 'dtu', linkKey, meters: [{ model: 'DDSY1352-NK', busAddress: '7' }] });
  if (!meter) throw new Error('no meter');
  const headend = await startHeadend(ctx, {
    listenHost: '127.0.0.1',
    listenPort: 0,
    readBackAfterMs: [1, 5],
    sweep: { everyMs: 20, graceMs: 0 },
  });
  running.push(headend);

  const like = new ModbusMeter(7, 12_340n);
  const holding = Buffer.alloc(HOLDING_BYTES);
  holding.set(like.block(), LIVE_AT);
  const dtu = new ScriptedDtu();
  await dtu.connect(headend.port, linkKey);
  if (!dtu.socket) throw new Error('not connected');
  // Its types ask for a serial port; what it uses of one is a stream.
  const slave = new jsmodbus.RTU(dtu.socket as never, { holding });
  slave.on('postWriteMultipleRegisters', () => {
    like.forced = true;
    like.relay = holding.readUInt16BE(FORCE_AT + 2) === 1 ? 'off' : 'on';
    holding.set(like.block(), LIVE_AT);
  });

  await vi.waitFor(async () => expect(await totalsOf(ctx, meter)).toEqual([12_340n]), { timeout: 10_000 });
  const commandId = await order(ctx, meter, 'off');
  await vi.waitFor(async () => expect(await commandNow(ctx.db, commandId)).toMatchObject({ state: 'confirmed' }), {
    timeout: 10_000,
  });
  expect(holding.readUInt16BE(FORCE_AT)).toBe(1);
  expect(headend.stats()).toMatchObject({ requests_timed_out: 0, replies_stray: 0, noise_bytes: 0 });
});
