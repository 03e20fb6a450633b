import { type Caller, type CollectorFrame, collectorFramesPath, type Role } from '@openprepay/contract';
import { zonedParts } from '@openprepay/kernel';
import { encodeUp } from '@openprepay/protocols/acrel4g';
import { afterAll, afterEach, expect, test, vi } from 'vitest';
import { callerOf } from '../../test-support/callers.ts';
import { type TestClock, testClock, testContext } from '../../test-support/database.ts';
import { enqueueSetting } from '../commands/index.ts';
import { saveContacts } from '../devices/index.ts';
import { handlers } from '../handlers.ts';
import { type Headend, type HeadendOptions, startHeadend } from '../headend/index.ts';
import { START, seedMarket, type TestMarket } from '../headend/test-support/market.ts';
import { ScriptedMeter } from '../headend/test-support/scripted-meter.ts';
import type { EventStream } from '../platform/event-stream.ts';
import { buildHttp } from '../platform/http.ts';
import { SESSION_COOKIE } from '../platform/http-guard.ts';
import { collectorFrameEvents } from './frames.ts';

const clock: TestClock = testClock(START);
const ctx = await testContext(clock);
const OPERATOR = '0190aaaa-0000-7000-8000-000000000001';
const operatorOf = async (_: unknown, role: string): Promise<Caller> =>
  callerOf({ operatorId: OPERATOR, login: role, name: role, role: role as Role });
const app = await buildHttp(ctx, {
  handlers: { ...handlers, operatorOf },
  consoleDir: null,
  version: '1',
  clockSpeed: 1,
});
afterAll(() => app.close());

let headend: Headend | null = null;
const start = async (options: Partial<HeadendOptions> = {}): Promise<Headend> => {
  const quick = { limits: { replyWithinMs: 200, quietAfterTimeOutMs: 10 }, sweep: { everyMs: 3_600_000 } };
  headend = await startHeadend(ctx, { listenHost: '127.0.0.1', listenPort: 0, ...quick, ...options });
  return headend;
};
afterEach(async () => {
  await headend?.stop();
  headend = null;
  clock.set(START);
});

async function call(method: 'GET' | 'POST', path: string, body?: object, role: Role = 'technician') {
  const answer = await app.inject({
    method,
    url: `/api/markets/${path}`,
    cookies: { [SESSION_COOKIE]: role },
    ...(body && { payload: body }),
  });
  return { status: answer.statusCode, body: answer.json() };
}
const get = async (path: string) => {
  const { status, body } = await call('GET', path);
  expect(status, JSON.stringify(body)).toBe(200);
  return body;
};

const first = ({ electricity }: TestMarket) => {
  const [meter] = electricity;
  if (!meter) throw new Error('no meter');
  return meter;
};

test('who is connected is listed with meters and stalls, for its own market alone', async () => {
  const [ours, theirs] = [await seedMarket(ctx.db, { electricity: 2 }), await seedMarket(ctx.db, { electricity: 1 })];
  const { port } = await start();
  const device = new ScriptedMeter(first(ours).linkKey);
  await device.register(port);
  await new ScriptedMeter(first(theirs).linkKey).register(port);
  const { summary, total, sessions } = await get(`${ours.marketId}/collector/sessions`);
  expect(total).toBe(1);
  expect(sessions).toEqual([
    {
      link: 'acrel4g',
      linkKey: device.serial,
      name: null,
      remote: expect.stringContaining('127.0.0.1'),
      connectedForS: expect.any(Number),
      meters: [
        {
          meterId: first(ours).meterId,
          meterSerial: device.serial,
          meterKind: 'electricity',
          busAddress: '1',
          stallCode: 'acrel4g-0',
          lastReportAt: null,
        },
      ],
    },
  ]);
  expect(summary).toMatchObject({ connections: 1, meters: 2, metersReachable: 1 });
  expect((await get(`${ours.marketId}/collector/sessions?search=ACREL4G-0`)).total).toBe(1);
  expect((await get(`${ours.marketId}/collector/sessions?search=nothing`)).total).toBe(0);
  expect((await get(`${ours.marketId}/collector/sessions?link=dtu`)).total).toBe(0);
});

test('a meter read by hand shows everything it said and every frame in words, and the audit says who asked', async () => {
  const market = await seedMarket(ctx.db, { electricity: 1, ctRatio: 20 });
  const { meterId, linkKey } = first(market);
  const { port } = await start();
  const device = new ScriptedMeter(linkKey);
  await device.register(port);
  device.clock = zonedParts(new Date(START.getTime() - 90_000), 'Asia/Shanghai');
  const path = `${market.marketId}/meters/${meterId}/read`;
  const { status, body } = await call('POST', path, { reason: 'tenant asks' });
  expect(status).toBe(200);
  expect(body).toMatchObject({
    outcome: 'read',
    problem: null,
    reading: { total: 20_000_000, switchState: 'on', clockDriftS: -90, origin: 'on_demand' },
  });
  const words = body.frames.map((frame: CollectorFrame) => [frame.direction, frame.error, frame.description?.protocol]);
  expect(words).toEqual([
    ['down', null, 'modbus'],
    ['up', null, 'modbus'],
  ]);
  const stored = await ctx.db.query('select origin, total from reading where meter_id = $1', [meterId]);
  expect(stored).toEqual([{ origin: 'on_demand', total: 20_000_000n }]);
  const audited = await ctx.db.query('select operator_id, action, subject, reason from audit where market_id = $1', [
    market.marketId,
  ]);
  expect(audited).toEqual([
    { operator_id: OPERATOR, action: 'collection.read_now', subject: `meter:${meterId}`, reason: 'tenant asks' },
  ]);

  device.behaviour.silent = true;
  const silent = await call('POST', path, {});
  expect(silent.body).toMatchObject({ outcome: 'no_answer', reading: null, frames: [{ direction: 'down' }] });
  await device.disconnect();
  await vi.waitFor(async () => expect((await call('POST', path, {})).body.outcome).toBe('not_connected'));
});

test('a sleeping meter says when it is expected to wake, and one of another market is not found', async () => {
  const [ours, theirs] = [await seedMarket(ctx.db, { water: 1 }), await seedMarket(ctx.db, { electricity: 1 })];
  const [water] = ours.water;
  const { port } = await start();
  await new ScriptedMeter(first(theirs).linkKey).register(port);
  const wakeExpectedAt = new Date(START.getTime() + 3_600_000);
  if (water) await ctx.db.tx((tx) => saveContacts(tx, [{ ...water, at: START, wakeExpectedAt }]));
  const asleep = await call('POST', `${ours.marketId}/meters/${water?.meterId}/read`, {});
  expect(asleep.body).toMatchObject({ outcome: 'asleep', wakeExpectedAt: wakeExpectedAt.toISOString(), frames: [] });
  const foreign = await call('POST', `${ours.marketId}/meters/${first(theirs).meterId}/read`, {});
  expect(foreign).toMatchObject({ status: 404, body: { code: 'collection.no_such_meter' } });
  const order = { kind: 'keep_power', value: { on: true }, reason: 'as agreed' };
  for (const meterId of [first(theirs).meterId, OPERATOR]) {
    const refused = await call('POST', `${ours.marketId}/meters/${meterId}/settings`, order);
    expect(refused).toMatchObject({ status: 404, body: { code: 'collection.no_such_meter' } });
  }
});

test('frames are filtered, told in words, refused ones with their reason, and never those of another market', async () => {
  const [ours, theirs] = [await seedMarket(ctx.db, { electricity: 1 }), await seedMarket(ctx.db, { electricity: 1 })];
  const { port } = await start();
  const device = new ScriptedMeter(first(ours).linkKey);
  await device.register(port);
  const foreign = new ScriptedMeter(first(theirs).linkKey);
  await foreign.register(port);
  const acknowledged = device.next('data_ack');
  device.sendData();
  await acknowledged;
  const path = `${ours.marketId}/collector/frames`;
  const { frames } = await get(path);
  expect(frames.length).toBeGreaterThan(2);
  expect(new Set(frames.map((frame: CollectorFrame) => frame.linkKey))).toEqual(new Set([device.serial]));
  expect(frames.map((frame: CollectorFrame) => frame.description?.summary)).toContain('meter: data');
  expect(frames.map((frame: CollectorFrame) => frame.seq)).toEqual(
    frames.map((frame: CollectorFrame) => frame.seq).toSorted((a: number, b: number) => b - a),
  );
  const down = await get(`${path}?direction=down&limit=1&offset=1`);
  expect([down.total > 1, down.frames.length]).toEqual([true, 1]);
  const { seq } = frames.at(-2);
  expect((await get(`${path}?upTo=${seq}`)).frames.map((frame: CollectorFrame) => frame.seq)).toEqual(
    frames.slice(-2).map((frame: CollectorFrame) => frame.seq),
  );
  expect((await get(`${path}?search=${device.serial.toLowerCase()}`)).total).toBe(frames.length);
  expect((await get(`${path}?search=${foreign.serial}`)).total).toBe(0);
  expect((await get(`${path}?linkKey=${foreign.serial}`)).frames).toEqual([]);
  expect((await get(`${path}?meterId=${first(theirs).meterId}`)).frames).toEqual([]);
  expect((await call('GET', `${path}?errors=perhaps`)).status).toBe(400);
});

class Listener implements EventStream {
  readonly events: [event: string, data: unknown][] = [];
  ready = true;
  close = () => {};
  isReady = () => this.ready;
  onReady = () => {};
  send(event: string, data: string) {
    this.events.push([event, JSON.parse(data)]);
  }
  onClose(listener: () => void) {
    this.close = listener;
  }
  frames(): CollectorFrame[] {
    return this.events.flatMap(([event, data]) => (event === 'frames' ? (data as CollectorFrame[]) : []));
  }
}

test('live frames come as they pass; a slow listener gets what he can take, and hears that he missed some', async () => {
  const market = await seedMarket(ctx.db, { electricity: 1 });
  const { port } = await start();
  const device = new ScriptedMeter(first(market).linkKey);
  const listener = new Listener();
  await collectorFrameEvents(ctx, market.marketId, { direction: 'up' }, listener);
  expect(listener.events).toEqual([['frames', []]]);
  await device.register(port);
  device.send(encodeUp({ kind: 'heartbeat' }));
  await vi.waitFor(() => expect(listener.frames().length).toBeGreaterThan(0));
  expect(listener.frames().every((frame) => frame.direction === 'up')).toBe(true);
  listener.ready = false;
  for (let n = 0; n < 600; n++) device.send(encodeUp({ kind: 'heartbeat' }));
  await vi.waitFor(async () => {
    const { summary } = await get(`${market.marketId}/collector/sessions`);
    expect(summary.framesTraced).toBeGreaterThan(600);
  });
  const before = listener.frames().length;
  listener.ready = true;
  await vi.waitFor(() => expect(listener.events.map(([event]) => event)).toContain('missed'));
  await vi.waitFor(() => expect(listener.frames().length).toBe(before + 500));
  listener.close();
});

test('a stream of frames is opened by those who may see frames, and gone without a head-end', async () => {
  const url = collectorFramesPath.replace(':marketId', OPERATOR);
  expect((await app.inject({ url, cookies: { [SESSION_COOKIE]: 'cashier' } })).statusCode).toBe(403);
  const none = await app.inject({ url, cookies: { [SESSION_COOKIE]: 'auditor' } });
  expect(none).toMatchObject({ statusCode: 503 });
  expect(none.json()).toMatchObject({ code: 'headend.not_here' });
});

test('link events come page by page, newest first, filtered', async () => {
  const market = await seedMarket(ctx.db, { electricity: 1 });
  const other = await seedMarket(ctx.db, { electricity: 1 });
  for (let n = 0; n < 5; n++) {
    for (const { marketId } of [market, other]) {
      await ctx.db.query(
        `insert into link_event (market_id, event_id, link, link_key, meter_id, at, event, detail)
         values ($1, $2, 'acrel4g', $3, $4, $5, $6, '{"n":1}')`,
        [
          marketId,
          `0190000${n}-0000-7000-8000-000000000000`,
          `key-${n % 2}`,
          n === 4 ? first(market).meterId : null,
          START,
          n === 0 ? 'session_registered' : 'requests_timed_out',
        ],
      );
    }
  }
  const path = `${market.marketId}/collector/link-events`;
  const one = await get(`${path}?limit=2`);
  expect(one.events.map((event: { linkKey: string }) => event.linkKey)).toEqual(['key-0', 'key-1']);
  expect(one.events[0]).toMatchObject({ meterSerial: first(market).linkKey, detail: { n: 1 } });
  const three = await get(`${path}?limit=2&offset=4`);
  expect([one.total, three.events.length]).toEqual([5, 1]);
  expect((await get(`${path}?limit=1&sort=at`)).events[0]).toMatchObject({ event: 'session_registered' });
  expect((await get(`${path}?event=session_registered&linkKey=key-0`)).events).toHaveLength(1);
  expect((await get(`${path}?troubles=true`)).events).toHaveLength(4);
  expect((await get(`${path}?search=EY-1`)).total).toBe(2);
  expect((await get(`${path}?search=${first(market).linkKey}`)).total).toBe(1);
  expect((await get(`${path}?search=_ey`)).total).toBe(0);
  const [day] = START.toISOString().split('T');
  expect((await get(`${path}?from=${day}&to=${day}`)).total).toBe(5);
  expect((await get(`${path}?from=2030-01-01`)).total).toBe(0);
});

test('meters that are silent for longer than two intervals are listed, longest first, with what is known of them', async () => {
  const market = await seedMarket(ctx.db, { electricity: 3, water: 1 });
  const [silent, never, fresh] = market.electricity;
  const [water] = market.water;
  if (!silent || !never || !fresh || !water) throw new Error('no meters');
  const at = (minutes: number) => new Date(START.getTime() + minutes * 60_000);
  await ctx.db.tx((tx) =>
    saveContacts(tx, [
      { ...silent, at: at(10), online: true, rssi: 12, iccid: 'sim' },
      { ...fresh, at: at(60), online: true },
      { ...water, at: at(1), wakeExpectedAt: at(40) },
    ]),
  );
  await ctx.db.query(
    `insert into reading (market_id, meter_id, read_at, received_at, origin, total, quality)
     values ($1, $2, $3, $3, 'pushed', 77, 'good')`,
    [market.marketId, silent.meterId, at(5)],
  );
  await ctx.db.query('update meter_state set last_read_at = $2 where meter_id = $1', [silent.meterId, at(5)]);
  clock.set(at(75));
  const { total, meters } = await get(`${market.marketId}/collector/lost`);
  expect(total).toBe(2);
  expect(meters).toEqual([
    expect.objectContaining({ meterId: never.meterId, since: null, silentForS: 4_500, lastValue: null }),
    expect.objectContaining({
      meterId: silent.meterId,
      since: at(10).toISOString(),
      silentForS: 3_900,
      rssi: 12,
      iccid: 'sim',
      lastValue: 77,
      stallCode: 'acrel4g-0',
    }),
  ]);
  expect((await get(`${market.marketId}/collector/lost?offset=1`)).meters).toHaveLength(1);
});

test('clocks are listed worst first; an alarm is over five minutes; the last order to set it is shown', async () => {
  const market = await seedMarket(ctx.db, { electricity: 3 });
  const [small, big] = market.electricity;
  if (!small || !big) throw new Error('no meters');
  await ctx.db.query(`update meter set model = 'DDZY-645' where meter_id = $1`, [big.meterId]);
  await ctx.db.tx((tx) =>
    saveContacts(tx, [
      { ...small, at: START, clockDriftS: 61 },
      { ...big, at: START, clockDriftS: -301 },
    ]),
  );
  await ctx.db.tx((tx) =>
    enqueueSetting(tx, [
      { ...big, kind: 'clock', value: {}, cause: 'clock_drift', operatorId: null, createdAt: START, expiresAt: START },
    ]),
  );
  const path = `${market.marketId}/collector/clocks`;
  const { meters, alarmAboveS, total } = await get(path);
  expect([alarmAboveS, total]).toEqual([300, 2]);
  expect(meters).toEqual([
    expect.objectContaining({ meterId: big.meterId, driftS: -301, alarm: true, canSet: true }),
    expect.objectContaining({ meterId: small.meterId, driftS: 61, alarm: false, canSet: false, lastSync: null }),
  ]);
  expect(meters[0].lastSync).toEqual({ at: START.toISOString(), state: 'queued' });
  expect((await get(`${path}?alarm=true`)).meters).toHaveLength(1);
});

test('a setting is ordered with a reason, shown with the meter, and refused where it makes no sense', async () => {
  const market = await seedMarket(ctx.db, { electricity: 1 });
  const { meterId } = first(market);
  const path = `${market.marketId}/meters/${meterId}/settings`;
  await start();
  const keep = { kind: 'keep_power', value: { on: true }, reason: 'cold store' };
  expect(await call('POST', path, keep)).toMatchObject({ status: 409, body: { code: 'meter.not_supported' } });
  await ctx.db.query(`update meter set model = 'DDZY-645', access = '{"unverified":"allowed"}' where meter_id = $1`, [
    meterId,
  ]);
  expect((await call('POST', path, keep, 'cashier')).status).toBe(403);
  expect((await call('POST', path, { ...keep, value: { on: 'yes' } })).status).toBe(400);
  const upsideDown = { kind: 'alarm_amounts', value: { alarm1Fen: 1, alarm2Fen: 2 }, reason: 'as agreed' };
  const onePrice = { kind: 'price_table', value: { prices: ['0.85'] }, reason: 'as agreed' };
  for (const bad of [upsideDown, onePrice]) {
    expect(await call('POST', path, bad)).toMatchObject({ status: 400, body: { code: 'collection.bad_setting' } });
  }
  const { body } = await call('POST', path, keep);
  const shown = await get(path);
  expect(shown).toMatchObject({
    supported: ['keep_power', 'clock', 'price_table', 'alarm_amounts'],
    reachable: false,
    commands: [{ commandId: body.commandId, kind: 'keep_power', value: { on: true }, wanted: null, state: 'queued' }],
  });
  const audited = await ctx.db.query('select action, reason, after from audit where market_id = $1', [market.marketId]);
  expect(audited).toEqual([
    {
      action: 'collection.order_setting',
      reason: 'cold store',
      after: { commandId: body.commandId, kind: 'keep_power', value: { on: true } },
    },
  ]);
});
