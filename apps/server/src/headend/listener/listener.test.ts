import { afterEach, expect, test, vi } from 'vitest';
import { testClock, testContext } from '../../../test-support/database.ts';
import { type Headend, type HeadendOptions, loadConventions, saveConventions, startHeadend } from '../index.ts';
import { ModbusMeter } from '../test-support/bus-meters.ts';
import { enterGateway, seedGateway, totalsOf } from '../test-support/gateways.ts';
import { START, seedMarket } from '../test-support/market.ts';
import { ScriptedDtu } from '../test-support/scripted-dtu.ts';
import { ScriptedMeter } from '../test-support/scripted-meter.ts';

const ctx = await testContext(testClock(START));
const running: Headend[] = [];
const MODEL = 'DDSY1352-NK';
const OPERATOR = '0190aaaa-0000-7000-8000-000000000001';
const LIMITS = { replyWithinMs: 150, quietAfterTimeOutMs: 20 };
const SWEEP = { everyMs: 10, graceMs: 0, retryLeastMs: 50 };

async function start(options: Partial<HeadendOptions> = {}): Promise<Headend> {
  const headend = await startHeadend(ctx, {
    listenHost: '127.0.0.1',
    listenPort: 0,
    sweep: SWEEP,
    limits: LIMITS,
    ...options,
  });
  running.push(headend);
  return headend;
}

afterEach(async () => {
  for (const headend of running.splice(0)) await headend.stop();
});

const unclaimed = (linkKey: string) =>
  ctx.db.query('select link, link_key from unclaimed_device where link_key = $1', [linkKey]);

/** A modem whose bus has one meter. */
function modem(meter: ModbusMeter): ScriptedDtu {
  const dtu = new ScriptedDtu();
  dtu.onRequest = (request) => dtu.send(meter.answer(request) ?? new Uint8Array(0));
  return dtu;
}

test('a modem that nobody claimed is listed, and is a session the moment somebody does', async () => {
  const headend = await start();
  const linkKey = '860000000000002';
  const dtu = modem(new ModbusMeter(1, 1_000n));
  await dtu.connect(headend.port, linkKey);
  await vi.waitFor(async () => expect(await unclaimed(linkKey)).toEqual([{ link: 'dtu', link_key: linkKey }]));
  const { marketId } = await seedMarket(ctx.db);
  const [meter] = await enterGateway(ctx, marketId, {
    link: 'dtu',
    linkKey,
    meters: [{ model: MODEL, busAddress: '1' }],
  });
  if (!meter) throw new Error('no meter');
  await vi.waitFor(async () => expect(await totalsOf(ctx, meter)).toEqual([1_000n]), { timeout: 10_000 });
  expect(headend.stats()).toMatchObject({ connections_accepted: 1, sessions: 1 });
});

test('a modem of a meter that is claimed while it waits gets its acknowledgement then', async () => {
  const headend = await start();
  const device = new ScriptedMeter('77000000000001');
  await device.connect(headend.port);
  device.sendRegister();
  await vi.waitFor(async () => expect(await unclaimed(device.serial)).toHaveLength(1));
  const market = await seedMarket(ctx.db, { electricity: 1 });
  const [meter] = market.electricity;
  if (!meter) throw new Error('no meter');
  const welcomed = device.next('register_ack');
  await ctx.db.tx(async (tx) => {
    await tx.query('update meter set link_key = $3 where market_id = $1 and meter_id = $2', [
      meter.marketId,
      meter.meterId,
      device.serial,
    ]);
    await tx.query('update device_directory set link_key = $2 where meter_id = $1', [meter.meterId, device.serial]);
    await tx.notify('device', `${meter.marketId} ${meter.meterId}`);
  });
  await welcomed;
  expect(headend.stats()).toMatchObject({ sessions: 1, sessions_registered: 1 });
});

test('a meter that is entered, moved or retired is so on the connection that stands', async () => {
  const headend = await start();
  const linkKey = '860000000000003';
  const [first, second] = await seedGateway(ctx, {
    link: 'dtu',
    linkKey,
    meters: [
      { model: MODEL, busAddress: '1' },
      { model: MODEL, busAddress: '2' },
    ],
  });
  if (!first || !second) throw new Error('no meters');
  const [played, moved] = [new ModbusMeter(1, 1_000n), new ModbusMeter(9, 9_000n)];
  const dtu = new ScriptedDtu();
  dtu.onRequest = (request) => dtu.send(played.answer(request) ?? moved.answer(request) ?? new Uint8Array(0));
  await dtu.connect(headend.port, linkKey);
  await vi.waitFor(async () => expect(await totalsOf(ctx, first)).toEqual([1_000n]), { timeout: 10_000 });
  await ctx.db.tx(async (tx) => {
    await tx.query(`update meter set bus_address = '9' where market_id = $1 and meter_id = $2`, [
      second.marketId,
      second.meterId,
    ]);
    await tx.query('update meter set retired_at = $3 where market_id = $1 and meter_id = $2', [
      first.marketId,
      first.meterId,
      START,
    ]);
    await tx.notify('device', first.marketId);
  });
  await vi.waitFor(async () => expect(await totalsOf(ctx, second)).toEqual([9_000n]), { timeout: 10_000 });
  expect(headend.stats()).toMatchObject({ sessions_registered: 1, sessions: 1 });
});

test('a gateway whose settings change begins anew with them', async () => {
  const headend = await start();
  const linkKey = '860000000000004';
  await seedGateway(ctx, { link: 'dtu', linkKey, meters: [{ model: MODEL, busAddress: '1' }] });
  const dtu = modem(new ModbusMeter(1));
  await dtu.connect(headend.port, linkKey);
  await vi.waitFor(() => expect(headend.stats().sessions).toBe(1));
  const closed = dtu.closed();
  await ctx.db.tx(async (tx) => {
    const rows = await tx.query<{ market_id: string }>(
      `update gateway set settings = '{"gapMs": 100}' where link_key = $1 returning market_id`,
      [linkKey],
    );
    await tx.notify('device', rows[0]?.market_id ?? '');
  });
  await closed;
  expect(headend.stats()).toMatchObject({ closed_for_new_settings: 1, sessions: 0 });
});

test('an installation’s own way of registering is known as soon as it is entered, and a wrong one is refused', async () => {
  const headend = await start();
  const meters = await seedGateway(ctx, {
    link: 'dtu',
    linkKey: 'stall-7',
    meters: [{ model: MODEL, busAddress: '1' }],
  });
  const own = { name: 'own', register: { hex: 'c0ffee0001', key: 'stall-7' }, on: 'connect', heartbeats: ['feedface'] };
  for (const wrong of [
    { ...own, register: { pattern: '.*' } },
    { ...own, on: 'sometimes' },
    { ...own, heartbeats: ['00'] },
    'no convention at all',
  ]) {
    await expect(saveConventions(ctx, OPERATOR, [own, wrong])).rejects.toMatchObject({
      code: 'headend.bad_convention',
      message: expect.stringContaining('number 2'),
    });
  }
  await expect(saveConventions(ctx, OPERATOR, Array(14).fill(own))).rejects.toMatchObject({
    code: 'headend.bad_convention',
  });
  await saveConventions(ctx, OPERATOR, [own]);
  expect((await loadConventions(ctx)).map(({ name }) => name)).toEqual(['own', 'iccid', 'imei', 'login']);
  const dtu = modem(new ModbusMeter(1, 7_000n));
  // As a modem does: it calls again until it is understood.
  await vi.waitFor(
    async () => {
      await dtu.disconnect();
      await dtu.connect(headend.port, Uint8Array.of(0xc0, 0xff, 0xee, 0x00, 0x01));
      await vi.waitFor(() => expect(headend.stats().sessions).toBe(1), { timeout: 200 });
    },
    { timeout: 10_000 },
  );
  for (const meter of meters) await vi.waitFor(async () => expect(await totalsOf(ctx, meter)).toEqual([7_000n]));
  expect(headend.stats().sessions).toBe(1);
});

test('what speaks nothing known is listed by how it began, once, and does not stay', async () => {
  const headend = await start({ limits: { registerWithinMs: 1_200 } });
  const [unknown, bare] = [new ScriptedDtu(), new ScriptedDtu()];
  await unknown.connect(headend.port, 'HELLO 42\r\n');
  await bare.connect(headend.port, Uint8Array.of(0xfe, 0xfe, 0x68, 1, 2, 3, 4, 5, 6, 0x68));
  await vi.waitFor(async () => expect(await unclaimed('48454c4c4f2034320d0a')).toHaveLength(1));
  await vi.waitFor(async () => expect(await unclaimed('meter fefe6801020304050668')).toHaveLength(1));
  unknown.send('AND MORE');
  await Promise.all([unknown.closed(), bare.closed()]);
  expect(headend.stats()).toMatchObject({ closed_without_registration: 2, sessions_registered: 0 });
  const rows = await ctx.db.query(
    `select contacts from unclaimed_device where link = 'unknown' and link_key ~ '^48454c'`,
  );
  expect(rows).toEqual([{ contacts: 1n }]);
});
