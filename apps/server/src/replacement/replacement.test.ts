import type { FinalReading, NewMeter, Replacement } from '@openprepay/contract';
import { quantity, uuidV7 } from '@openprepay/kernel';
import { expect, test, vi } from 'vitest';
import { testClock, testContext } from '../../test-support/database.ts';
import { minute, START } from '../../test-support/market.ts';
import { enqueueSwitch } from '../commands/index.ts';
import { setOverride } from '../control/service.ts';
import { findDevices } from '../devices/index.ts';
import { readMeterCard } from '../devices/meter-card.ts';
import { bindMeter, createMeter, unbindMeter } from '../devices/meters.ts';
import { auditOf, seedPlace } from '../devices/test-support/world.ts';
import type { Tx } from '../platform/database.ts';
import { intake } from '../readings/index.ts';
import { changeCt, replaceMeter } from './replace.ts';
import { retireMeter } from './retire.ts';

const clock = testClock(minute(1000));
const ctx = await testContext(clock);
const here = await seedPlace(ctx, 'here');
const there = await seedPlace(ctx, 'there');
const refused = (code: string) => expect.objectContaining({ code });
const NOTE = 'display broken';
const BY_HAND: FinalReading = { origin: 'manual', value: '105.4' };

let serials = 0;
function meterOf(change: Partial<NewMeter> = {}): NewMeter {
  serials += 1;
  const serial = `8${String(serials).padStart(9, '0')}`;
  const address = { link: 'acrel4g', linkKey: serial, busAddress: '1' } as const;
  return { kind: 'electricity', model: 'DDSY1352-NK', serial, ctRatio: 1, ...address, ...change };
}

/** A meter at the first stall since the start, which showed 100 kWh and then, `total` Wh at `minutes`. */
async function installed(change: Partial<NewMeter> = {}, minutes = 900, total = 105_000n): Promise<string> {
  const given = meterOf(change);
  const meterId = await createMeter(ctx, here, given);
  await bindMeter(ctx, here, { meterId, stallId: here.stalls[0], at: START, start: { value: '100' } });
  await read(meterId, given, minutes, total * BigInt(given.ctRatio));
  return meterId;
}

const read = (meterId: string, given: NewMeter, minutes: number, total: bigint) =>
  intake(ctx.db, [
    {
      marketId: here.marketId,
      meterId,
      kind: given.kind,
      model: given.model,
      ctRatio: given.ctRatio,
      receivedAt: minute(minutes),
      frame: null,
      reading: { readAt: minute(minutes), total: quantity(total), tariffs: null, origin: 'on_demand' },
      switchState: null,
    },
  ]);

const order = (change: Partial<Replacement> = {}): Replacement => ({
  final: { origin: 'manual', value: '106.5' },
  next: meterOf(),
  start: { value: '0' },
  note: NOTE,
  ...change,
});

const readingsOf = (meterId: string) =>
  ctx.db.query(
    `select read_at, total, origin from reading where market_id = $1 and meter_id = $2 and quality = 'good'
     order by read_at`,
    [here.marketId, meterId],
  );
const card = (meterId: string) => readMeterCard(ctx.db, here.marketId, meterId);
/** The state of the register, to see that a refusal changed nothing. */
const everything = () =>
  ctx.db.query(`select (select count(*) from meter) as meters, (select count(*) from meter where retired_at is null) as live,
    (select count(*) from meter_binding where to_at is null) as bound, (select count(*) from reading) as readings,
    (select count(*) from device_directory) as addresses, (select count(*) from audit) as audit`);

test('another device takes the meter’s place at one instant: last and first reading, bindings, addresses', async () => {
  const oldId = await installed();
  const before = await card(oldId);
  const next = meterOf({ link: 'acrel4g', linkKey: before.linkKey });
  const at = minute(950);
  const replaced = await replaceMeter(
    ctx,
    here,
    oldId,
    order({ at: at.toISOString(), next, start: { value: '7.25' } }),
  );
  expect(replaced).toEqual({ oldMeterId: oldId, newMeterId: expect.any(String), at });
  const { newMeterId } = replaced;
  expect(await readingsOf(oldId)).toEqual([
    { read_at: START, total: 100_000n, origin: 'manual' },
    { read_at: minute(900), total: 105_000n, origin: 'on_demand' },
    { read_at: at, total: 106_500n, origin: 'manual' },
  ]);
  expect(await readingsOf(newMeterId)).toEqual([{ read_at: at, total: 7_250n, origin: 'manual' }]);
  expect(await card(oldId)).toMatchObject({ retiredAt: at.toISOString(), stallId: null, online: false });
  expect((await card(oldId)).bindings).toMatchObject([{ stallCode: 'A-1', toAt: at.toISOString() }]);
  expect((await card(newMeterId)).bindings).toMatchObject([{ stallCode: 'A-1', fromAt: at.toISOString(), toAt: null }]);
  // The new one may call in from where the old one did.
  expect(await findDevices(ctx.db, 'acrel4g', before.linkKey)).toMatchObject([{ meterId: newMeterId }]);
  const chain = [
    { oldMeterId: oldId, newMeterId, reason: 'replaced', finalOrigin: 'manual', note: NOTE, operatorName: '技术员' },
  ];
  expect(await card(oldId)).toMatchObject({ replacements: chain });
  expect(await card(newMeterId)).toMatchObject({ replacements: chain });
  expect(await auditOf(ctx, here, `meter:${oldId}`)).toContainEqual(
    expect.objectContaining({ action: 'replacement.replace_meter', reason: NOTE }),
  );
});

test('a meter of the register that is bound nowhere takes the place', async () => {
  const oldId = await installed();
  const spareId = await createMeter(ctx, here, meterOf());
  const { newMeterId } = await replaceMeter(ctx, here, oldId, order({ next: { meterId: spareId } }));
  expect(newMeterId).toBe(spareId);
  expect(await card(spareId)).toMatchObject({ stallCode: 'A-1' });
});

test('the exchange is at the time of the reading where the meter was just read', async () => {
  const oldId = await installed({}, 990);
  const readAt = minute(990).toISOString();
  const final: FinalReading = { origin: 'on_demand', readAt };
  const wrong = order({ final, at: minute(991).toISOString() });
  await expect(replaceMeter(ctx, here, oldId, wrong)).rejects.toThrow(refused('replacement.at_differs'));
  const never = order({ final: { origin: 'on_demand', readAt: minute(980).toISOString() } });
  await expect(replaceMeter(ctx, here, oldId, never)).rejects.toThrow(refused('replacement.not_read_just_now'));
  expect(await replaceMeter(ctx, here, oldId, order({ final }))).toMatchObject({ at: minute(990) });
  expect(await readingsOf(oldId)).toHaveLength(2);
  const stale = order({ final: { origin: 'on_demand', readAt: minute(900).toISOString() } });
  await expect(replaceMeter(ctx, here, await installed(), stale)).rejects.toThrow(
    refused('replacement.not_read_just_now'),
  );
});

test('a reading that came in while the exchange was written down is the last one of the old meter', async () => {
  const given = meterOf();
  const oldId = await createMeter(ctx, here, given);
  await bindMeter(ctx, here, { meterId: oldId, stallId: here.stalls[0], at: START, start: { value: '100' } });
  await read(oldId, given, 990, 104_000n);
  await read(oldId, given, 995, 104_500n);
  const final: FinalReading = { origin: 'on_demand', readAt: minute(990).toISOString() };
  expect(await replaceMeter(ctx, here, oldId, order({ final }))).toMatchObject({ at: minute(995) });
  expect((await readingsOf(oldId)).at(-1)).toMatchObject({ read_at: minute(995), total: 104_500n });
});

test('a last reading that nobody can take any more is estimated and says so', async () => {
  const given = meterOf();
  const oldId = await createMeter(ctx, here, given);
  await bindMeter(ctx, here, { meterId: oldId, stallId: here.stalls[0], at: START, start: { value: '100' } });
  const days = 9;
  clock.set(minute(days * 1440));
  for (let half = 1; half < days * 48; half++) await read(oldId, given, half * 30, 100_000n + BigInt(half) * 500n);
  const { newMeterId } = await replaceMeter(ctx, here, oldId, order({ final: { origin: 'estimated' } }));
  expect((await readingsOf(oldId)).at(-1)).toEqual({
    read_at: minute(days * 1440),
    total: 100_000n + BigInt(days * 48) * 500n,
    origin: 'estimated',
  });
  expect(await card(newMeterId)).toMatchObject({ replacements: [{ finalOrigin: 'estimated' }] });
  clock.set(minute(1000));
});

test('what a person ordered goes over, and nothing is sent to the old meter any more', async () => {
  const oldId = await installed();
  const { marketId, operatorId } = here;
  const override = {
    marketId,
    meterId: oldId,
    override: 'forced_off',
    reason: 'fire',
    until: null,
    operatorId,
  } as const;
  await setOverride(ctx, override);
  const [before] = await ctx.db.query('select * from meter_control where meter_id = $1', [oldId]);
  await ctx.db.query(
    `insert into device_exception (market_id, exception_id, meter_id, kind, opened_at, detail)
     values ($1, $2, $3, 'command_expired', $4, '{}')`,
    [marketId, uuidV7(START), oldId, START],
  );
  const { newMeterId } = await replaceMeter(ctx, here, oldId, order());
  expect(await ctx.db.query('select * from meter_control where meter_id = $1', [newMeterId])).toEqual([
    { ...before, meter_id: newMeterId },
  ]);
  expect(await ctx.db.query('select state from command where meter_id = $1', [oldId])).toEqual([
    { state: 'superseded' },
  ]);
  expect(await ctx.db.query('select closed_at from device_exception where meter_id = $1', [oldId])).toEqual([
    { closed_at: minute(1000) },
  ]);
});

test('a changed CT goes on as a meter of its own that shows the same register', async () => {
  const given = { ctRatio: 40, model: 'DTSY1352-NK' };
  const oldId = await installed(given);
  const old = await card(oldId);
  const change = { final: { origin: 'manual', value: '106.5' }, ctRatio: 60, note: 'bigger CT' } as const;
  await expect(changeCt(ctx, here, oldId, { ...change, ctRatio: 40 })).rejects.toThrow(refused('replacement.same_ct'));
  const { newMeterId } = await changeCt(ctx, here, oldId, change);
  expect((await readingsOf(oldId)).at(-1)).toMatchObject({ total: 106_500n * 40n });
  expect(await readingsOf(newMeterId)).toEqual([{ read_at: minute(1000), total: 106_500n * 60n, origin: 'manual' }]);
  const { serial, link, linkKey, busAddress } = old;
  expect(await card(newMeterId)).toMatchObject({ serial, link, linkKey, busAddress, ctRatio: 60, stallCode: 'A-1' });
  expect(await findDevices(ctx.db, 'acrel4g', linkKey)).toMatchObject([{ meterId: newMeterId, ctRatio: 60 }]);
  expect(await card(newMeterId)).toMatchObject({ replacements: [{ reason: 'ct_changed', oldCtRatio: 40 }] });
});

test('the chain of devices is shown whole, from wherever it is looked at', async () => {
  const first = await installed();
  const second = (await replaceMeter(ctx, here, first, order({ at: minute(910).toISOString() }))).newMeterId;
  const third = (await replaceMeter(ctx, here, second, order({ final: { origin: 'manual', value: '3' } }))).newMeterId;
  for (const meterId of [first, second, third]) {
    expect((await card(meterId)).replacements.map((one) => one.newMeterId)).toEqual([second, third]);
  }
});

test.each<[string, Partial<Replacement>]>([
  ['readings.would_decrease', { final: { origin: 'manual', value: '104.9' } }],
  ['readings.confirm_jump', { final: { origin: 'manual', value: '9000' } }],
  ['readings.not_a_photo', { final: { origin: 'manual', value: '106', photoBase64: 'AAAA' } }],
  ['readings.beyond_register', { start: { value: '999999999' } }],
  ['replacement.read_since', { at: minute(899).toISOString() }],
  ['devices.in_future', { at: minute(1001).toISOString() }],
  ['devices.unknown_model', { next: meterOf({ model: 'NOSUCH' }) }],
  ['devices.unknown_gateway', { next: meterOf({ link: 'dtu', linkKey: 'dtu-there' }) }],
  ['devices.no_such_meter', { next: { meterId: uuidV7(START) } }],
])('%s refuses an exchange and leaves everything as it was', async (code, change) => {
  const oldId = await installed();
  const before = await everything();
  await expect(replaceMeter(ctx, here, oldId, order(change))).rejects.toThrow(refused(code));
  expect(await everything()).toEqual(before);
});

test('a meter is replaced by another free one of its kind in its own market', async () => {
  const oldId = await installed();
  const by = (meterId: string) => replaceMeter(ctx, here, oldId, order({ next: { meterId } }));
  await expect(by(oldId)).rejects.toThrow(refused('replacement.same_meter'));
  await expect(by(await installed())).rejects.toThrow(refused('devices.already_bound'));
  const water = {
    kind: 'water',
    model: 'NB-WATER-15',
    link: 'nb',
    linkKey: 'product-here/1',
    busAddress: '78',
  } as const;
  await expect(by(await createMeter(ctx, here, meterOf(water)))).rejects.toThrow(refused('replacement.other_kind'));
  const foreign = await createMeter(ctx, there, meterOf());
  await expect(by(foreign)).rejects.toThrow(refused('devices.no_such_meter'));
  await expect(replaceMeter(ctx, there, oldId, order())).rejects.toThrow(refused('devices.no_such_meter'));
  await expect(
    changeCt(ctx, there, oldId, { final: { origin: 'manual', value: '106' }, ctRatio: 2, note: NOTE }),
  ).rejects.toThrow(refused('devices.no_such_meter'));
  const spare = await createMeter(ctx, here, meterOf());
  await expect(replaceMeter(ctx, here, spare, order())).rejects.toThrow(refused('devices.not_bound'));
  await replaceMeter(ctx, here, oldId, order({ next: { meterId: spare }, at: minute(950).toISOString() }));
  await expect(replaceMeter(ctx, here, oldId, order())).rejects.toThrow(refused('devices.meter_retired'));
  await unbindMeter(ctx, here, { meterId: spare, at: null, note: 'spare again' });
  const again = replaceMeter(ctx, here, await installed(), order({ next: { meterId: spare } }));
  await expect(again).rejects.toThrow(refused('replacement.replaced_another'));
});

test('a device that was replaced, or took another’s place and was taken off, is entered anew and takes a place again', async () => {
  const given = meterOf();
  const first = (
    await replaceMeter(ctx, here, await installed(), order({ next: given, at: minute(950).toISOString() }))
  ).newMeterId;
  await unbindMeter(ctx, here, { meterId: first, at: null, note: 'to another stall' });
  await retireMeter(ctx, here, first, 'comes back as a new one');
  const second = (await replaceMeter(ctx, here, await installed(), order({ next: given, start: { value: '3' } })))
    .newMeterId;
  clock.set(minute(1010));
  const third = (await replaceMeter(ctx, here, second, order({ final: { origin: 'manual', value: '3.1' } })))
    .newMeterId;
  clock.set(minute(1020));
  const repaired = order({ next: given, final: { origin: 'manual', value: '0.1' }, start: { value: '3.1' } });
  const { newMeterId } = await replaceMeter(ctx, here, third, repaired);
  expect(await card(newMeterId)).toMatchObject({ serial: given.serial, stallCode: 'A-1' });
  expect(new Set([first, second, newMeterId]).size).toBe(3);
  clock.set(minute(1000));
});

test('a meter is not taken off its stall behind what was charged', async () => {
  const meterId = await installed();
  const accountId = uuidV7(START);
  await ctx.db.query(
    `insert into account (market_id, account_id, number, customer_name, state) values ($1, $2, 'N', 'N', 'open')`,
    [here.marketId, accountId],
  );
  await ctx.db.query(
    `insert into meter_settlement (market_id, meter_id, account_id, opened_at, period_from, settled_at, settled_value)
     values ($1, $2, $3, $4, $4, $5, 0)`,
    [here.marketId, meterId, accountId, START, minute(900)],
  );
  const unbind = (minutes: number) => unbindMeter(ctx, here, { meterId, at: minute(minutes), note: 'moved' });
  await expect(unbind(899)).rejects.toThrow(refused('devices.before_settled'));
  await expect(unbind(900)).resolves.toBeUndefined();
});

/** Does it while another transaction holds what `before` changed, and ends that one once it waits, or is over. */
async function meanwhile(before: (tx: Tx) => Promise<unknown>, act: () => Promise<unknown>): Promise<unknown> {
  const { done } = await ctx.db.tx(async (tx) => {
    await before(tx);
    const done = act().catch((error: unknown) => error);
    const waiting = () =>
      ctx.db.query("select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'");
    await Promise.race([done, vi.waitUntil(async () => (await waiting()).length > 0)]);
    return { done };
  });
  return done;
}

test('what is charged while a meter is taken off its stall is waited for', async () => {
  const meterId = await installed();
  const { marketId } = here;
  await ctx.db.query(
    `insert into meter_settlement (market_id, meter_id, account_id, opened_at, period_from, settled_at, settled_value)
     select $1, $2, account_id, $3, $3, $3, 0 from account where market_id = $1 limit 1`,
    [marketId, meterId, START],
  );
  const charge = (tx: Tx) =>
    tx.query('update meter_settlement set settled_at = $3 where market_id = $1 and meter_id = $2', [
      marketId,
      meterId,
      minute(900),
    ]);
  const unbind = () => unbindMeter(ctx, here, { meterId, at: minute(899), note: 'moved' });
  expect(await meanwhile(charge, unbind)).toEqual(refused('devices.before_settled'));
});

test('a reading that comes in while a meter is exchanged is waited for, and nothing good lies behind the exchange', async () => {
  const oldId = await installed();
  const late = (tx: Tx) =>
    tx.query(
      `with locked as (
         select market_id, meter_id from meter_state where market_id = $1 and meter_id = $2 for update)
       insert into reading (market_id, meter_id, read_at, received_at, origin, total, quality)
       select market_id, meter_id, $3, $3, 'scheduled', 105500, 'good' from locked`,
      [here.marketId, oldId, minute(960)],
    );
  const exchange = () => replaceMeter(ctx, here, oldId, order({ at: minute(950).toISOString(), final: BY_HAND }));
  expect(await meanwhile(late, exchange)).toEqual(refused('replacement.read_since'));
});

test('a meter that is bound nowhere goes out of service; its serial and address are free again', async () => {
  const given = meterOf();
  const meterId = await createMeter(ctx, here, given);
  const createdAt = clock.now();
  const expiresAt = minute(2000);
  const command = { wanted: 'on', wantedSeq: 1n, cause: 'test', operatorId: null, createdAt, expiresAt } as const;
  await ctx.db.tx((tx) => enqueueSwitch(tx, [{ marketId: here.marketId, meterId, ...command }]));
  await bindMeter(ctx, here, { meterId, stallId: here.stalls[1], at: START, start: null });
  await expect(retireMeter(ctx, here, meterId, 'burnt')).rejects.toThrow(refused('replacement.still_bound'));
  await unbindMeter(ctx, here, { meterId, at: null, note: 'burnt' });
  await expect(retireMeter(ctx, there, meterId, 'burnt')).rejects.toThrow(refused('devices.no_such_meter'));
  await retireMeter(ctx, here, meterId, 'burnt');
  await expect(retireMeter(ctx, here, meterId, 'burnt')).rejects.toThrow(refused('devices.meter_retired'));
  expect(await ctx.db.query('select state from command where meter_id = $1', [meterId])).toEqual([
    { state: 'superseded' },
  ]);
  expect(await findDevices(ctx.db, 'acrel4g', given.linkKey)).toEqual([]);
  await expect(createMeter(ctx, here, given)).resolves.toMatch(/-/);
});
