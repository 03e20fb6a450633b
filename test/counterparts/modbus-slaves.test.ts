import { afterEach, expect, test, vi } from 'vitest';
import { type Headend, startHeadend } from '../../apps/server/src/headend/index.ts';
import { seedGateway, totalsOf } from '../../apps/server/src/headend/test-support/gateways.ts';
import { commandNow, order, START } from '../../apps/server/src/headend/test-support/market.ts';
import { testClock, testContext } from '../../apps/server/test-support/database.ts';
import { freePort, needModule, script, serve } from './programs.ts';

const ctx = await testContext(testClock(START));
const closing: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

const SOON = { timeout: 15_000 };
const UNIT = '3';
const COUNTS = 4_321;

test.each(['tcp', 'rtu'] as const)('a slave of pymodbus is called, read and switched over %s', async (framing) => {
  const python = needModule('pymodbus', 'apt-get install python3-pymodbus python3-serial-asyncio');
  const port = await freePort();
  const args = [script('pymodbus_slave.py'), String(port), framing, UNIT, String(COUNTS)];
  closing.push(await serve(python, args, /listening/));
  const [meter] = await seedGateway(ctx, {
    link: 'modbus_tcp',
    linkKey: `127.0.0.1:${port}`,
    settings: { framing },
    meters: [{ model: 'DDSY1352-NK', busAddress: UNIT }],
  });
  if (!meter) throw new Error('no meter');
  const headend: Headend = await startHeadend(ctx, {
    listenHost: '127.0.0.1',
    listenPort: 0,
    readBackAfterMs: [1, 5],
    limits: { replyWithinMs: 2_000, quietAfterTimeOutMs: 20 },
    sweep: { everyMs: 20, graceMs: 0, retryLeastMs: 50 },
  });
  closing.push(() => headend.stop());
  await vi.waitFor(async () => expect(await totalsOf(ctx, meter)).toContain(BigInt(COUNTS) * 10n), SOON);
  for (const wanted of ['off', 'on'] as const) {
    const commandId = await order(ctx, meter, wanted);
    await vi.waitFor(
      async () => expect(await commandNow(ctx.db, commandId)).toMatchObject({ state: 'confirmed' }),
      SOON,
    );
  }
  expect(headend.stats()).toMatchObject({ requests_timed_out: 0, replies_stray: 0, noise_bytes: 0 });
});
