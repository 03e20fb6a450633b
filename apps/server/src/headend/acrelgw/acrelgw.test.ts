import { zonedParts } from '@openprepay/kernel';
import { afterEach, expect, test, vi } from 'vitest';
import { testClock, testContext } from '../../../test-support/database.ts';
import { type Headend, type HeadendOptions, startHeadend } from '../index.ts';
import { ModbusMeter, OldMeter } from '../test-support/bus-meters.ts';
import { seedGateway, totalsOf } from '../test-support/gateways.ts';
import { commandNow, order, START } from '../test-support/market.ts';
import { ScriptedGateway } from '../test-support/scripted-gw.ts';

const ctx = await testContext(testClock(START));
const running: Headend[] = [];
const SECRET = 'sixteen-letters!';
const MODEL = 'DDSY1352-NK';
let lastId = 0;

async function start(options: Partial<HeadendOptions> = {}): Promise<Headend> {
  const headend = await startHeadend(ctx, {
    listenHost: '127.0.0.1',
    listenPort: 0,
    readBackAfterMs: [1, 5],
    ...options,
  });
  running.push(headend);
  return headend;
}

afterEach(async () => {
  for (const headend of running.splice(0)) await headend.stop();
});

function seed(...meters: readonly { model: string; busAddress: string }[]) {
  lastId += 1;
  return seedGateway(ctx, { link: 'acrelgw', linkKey: `GW${lastId}`, secret: SECRET, meters });
}

const energy = (kWh: string) => [{ id: 'WPP', value: kWh, error: null }];

test('a gateway proves who it is, gets the time, and its meters are asked through it, each on its port', async () => {
  const [first, second] = await seed(
    { model: MODEL, busAddress: '1/17' },
    { model: 'DDS-645-97', busAddress: '2/000000000042' },
  );
  if (!first || !second) throw new Error('no meters');
  const headend = await start({ sweep: { everyMs: 10, graceMs: 0 } });
  const meters = [new ModbusMeter(17, 5_000n), new OldMeter('000000000042', '00000700')];
  const gateway = new ScriptedGateway(`GW${lastId}`, SECRET, meters);
  expect(await gateway.signIn(headend.port)).toMatchObject({ kind: 'auth_result', passed: true });
  const time = gateway.next('heartbeat_time');
  gateway.beat();
  expect(await time).toMatchObject({ local: zonedParts(START, 'Asia/Shanghai') });
  await vi.waitFor(async () => expect(await totalsOf(ctx, first)).toEqual([5_000n]), { timeout: 10_000 });
  await vi.waitFor(async () => expect(await totalsOf(ctx, second)).toEqual([7_000n]), { timeout: 10_000 });
  const ports = gateway.received.flatMap((message) => (message.kind === 'transparent' ? [message.port] : []));
  expect(new Set(ports)).toEqual(new Set([1, 2]));

  const commandId = await order(ctx, first, 'off');
  await vi.waitFor(async () => expect(await commandNow(ctx.db, commandId)).toMatchObject({ state: 'confirmed' }));
  expect(headend.stats()).toMatchObject({ requests_timed_out: 0, replies_stray: 0, sessions: 1 });
});

test('a report of several meters is stored meter by meter, and names that nobody registered are listed', async () => {
  const [first, second] = await seed({ model: MODEL, busAddress: '1/1' }, { model: MODEL, busAddress: '2' });
  if (!first || !second) throw new Error('no meters');
  const headend = await start();
  const gateway = new ScriptedGateway(`GW${lastId}`, SECRET);
  await gateway.signIn(headend.port);
  gateway.report([
    { id: '01001', functions: energy('12.345') },
    { id: '2', functions: [...energy('6.5'), { id: 'UA', value: '', error: '1' }] },
    { id: '01099', functions: energy('1') },
  ]);
  await vi.waitFor(async () => expect(await totalsOf(ctx, first)).toEqual([12_345n]));
  await vi.waitFor(async () => expect(await totalsOf(ctx, second)).toEqual([6_500n]));
  const listed = () => ctx.db.query('select 1 from unclaimed_device where link_key = $1', [`GW${lastId}/01099`]);
  await vi.waitFor(async () => expect(await listed()).toHaveLength(1));
  expect(headend.stats()).toMatchObject({ pushes_taken: 1, pushes_unknown_meter: 1 });
});

test('a gateway with the wrong secret is told so and let go; an unknown one is listed', async () => {
  await seed({ model: MODEL, busAddress: '1' });
  const headend = await start({ limits: { unclaimedForMs: 50 } });
  const impostor = new ScriptedGateway(`GW${lastId}`, 'another-secret!!');
  expect(await impostor.signIn(headend.port)).toMatchObject({ passed: false });
  await impostor.closed();
  const stranger = new ScriptedGateway('GW-nobody', SECRET);
  await stranger.connect(headend.port);
  stranger.callIn();
  await stranger.closed();
  expect(stranger.received).toEqual([]);
  expect(await ctx.db.query(`select link from unclaimed_device where link_key = 'GW-nobody'`)).toEqual([
    { link: 'acrelgw' },
  ]);
  expect(headend.stats()).toMatchObject({ sign_ins_refused: 1, closed_unclaimed: 1, sessions_registered: 0 });
});

test('what is said before the secret is proved is not believed', async () => {
  const [meter] = await seed({ model: MODEL, busAddress: '1' });
  if (!meter) throw new Error('no meter');
  const headend = await start();
  const gateway = new ScriptedGateway(`GW${lastId}`, SECRET);
  await gateway.connect(headend.port);
  gateway.report([{ id: '1', functions: energy('99') }]);
  await vi.waitFor(() => expect(headend.stats().frames_rejected).toBe(1));
  gateway.beat();
  await vi.waitFor(() => expect(headend.stats().frames_unexpected).toBe(1));
  expect(await totalsOf(ctx, meter)).toEqual([]);
});
