import { connect } from 'node:net';
import { startBench } from '@openprepay/simulator';
import { afterEach, expect, test, vi } from 'vitest';
import { startHeadend } from '../../apps/server/src/headend/index.ts';
import { seedGateway, totalsOf } from '../../apps/server/src/headend/test-support/gateways.ts';
import { commandNow, order, START } from '../../apps/server/src/headend/test-support/market.ts';
import { testClock, testContext } from '../../apps/server/test-support/database.ts';
import { freePort, needModule, run, script, serve } from './programs.ts';

const SOURCE = 'pip install dlt645, or its source on PYTHONPATH (600888/dlt645, Apache-2.0)';
const METER = '202607000001';
const MODEL = 'DDZY-645';
const SOON = { timeout: 15_000 };

const ctx = await testContext(testClock(START));
const closing: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

test('the client of 600888/dlt645 reads a simulated meter', async () => {
  const python = needModule('dlt645', SOURCE);
  const bench = await startBench({ port: 0, meters: [{ model: MODEL, serial: METER, busAddress: METER }] });
  closing.push(() => bench.close());
  const before = bench.meter(METER).total;
  const { said } = await run(python, [script('dlt645_master.py'), String(bench.port)]);
  const shown = JSON.parse(said) as Record<string, unknown>;
  // Its numbers stand in the order of the wire, low byte first.
  expect(shown['address']).toBe('010000072620');
  expect(BigInt(Math.round(Number(shown['energy']) * 1_000))).toBeGreaterThanOrEqual(before);
  expect(Number(shown['voltage'])).toBeGreaterThan(200);
  expect(String(shown['date'])).toMatch(/^\d{6}0[0-6]$/);
  expect(shown['noSuchId']).toBeNull();
});

test('a meter of 600888/dlt645 behind a DTU is read; what it does not have costs nothing, and a refused trip is said to be', async () => {
  const python = needModule('dlt645', SOURCE);
  const port = await freePort();
  closing.push(await serve(python, [script('dlt645_slave.py'), String(port), METER], /listening/));
  const linkKey = '860000000000645';
  const access = { password: '02123456', operator: '00000001' };
  const [meter] = await seedGateway(ctx, {
    link: 'dtu',
    linkKey,
    meters: [{ model: MODEL, busAddress: METER, access }],
  });
  if (!meter) throw new Error('no meter');
  const headend = await startHeadend(ctx, {
    listenHost: '127.0.0.1',
    listenPort: 0,
    readBackAfterMs: [1, 5],
    limits: { replyWithinMs: 2_000, quietAfterTimeOutMs: 20 },
    sweep: { everyMs: 20, graceMs: 0, retryLeastMs: 50 },
  });
  closing.push(() => headend.stop());
  // What a serial modem does: it registers, and then passes bytes both ways.
  const up = connect(headend.port, '127.0.0.1');
  const bus = connect(port, '127.0.0.1');
  closing.push(() => [up.destroy(), bus.destroy()]);
  up.write(linkKey);
  up.pipe(bus).pipe(up);

  // It has no block of energies: they are read one by one.
  await vi.waitFor(async () => expect(await totalsOf(ctx, meter)).toContain(1_234_560n), SOON);
  const commandId = await order(ctx, meter, 'off');
  await vi.waitFor(async () => expect(await commandNow(ctx.db, commandId)).toMatchObject({ state: 'failed' }), SOON);
  expect(headend.stats()).toMatchObject({ requests_timed_out: 0, replies_stray: 0 });
});
