import { type MeterQuery, type NewMeter, routes } from '@openprepay/contract';
import type { TSchema } from 'typebox';
import { Compile } from 'typebox/compile';
import { expect, test } from 'vitest';
import { testClock, testContext } from '../../test-support/database.ts';
import { minute, START } from '../../test-support/market.ts';
import { catalogue } from './catalogue.ts';
import { claimDevice } from './claim.ts';
import { listGateways } from './gateway-list.ts';
import { findDevices, noteUnclaimed } from './index.ts';
import { readMeterCard } from './meter-card.ts';
import { bindMeter, createMeter, unbindMeter, updateMeter } from './meters.ts';
import { listMeters } from './register-page.ts';
import { auditOf, seedPlace } from './test-support/world.ts';

const clock = testClock(START);
const ctx = await testContext(clock);
const here = await seedPlace(ctx, 'here');
const there = await seedPlace(ctx, 'there');
const refused = (code: string) => expect.objectContaining({ code });

let serials = 0;
const meterOf = (change: Partial<NewMeter> = {}): NewMeter => {
  serials += 1;
  const serial = `9${String(serials).padStart(9, '0')}`;
  return {
    kind: 'electricity',
    model: 'DDSY1352-NK',
    serial,
    ctRatio: 1,
    link: 'acrel4g',
    linkKey: serial,
    busAddress: '1',
    ...change,
  };
};
const nb = (change: Partial<NewMeter> = {}) =>
  meterOf({
    kind: 'water',
    model: 'NB-WATER-15',
    link: 'nb',
    linkKey: `product-here/device-${serials}`,
    busAddress: '78330000000001',
    ...change,
  });

const theCard = (meterId: string) => readMeterCard(ctx.db, here.marketId, meterId);
const list = (query: MeterQuery) => listMeters(ctx.db, here.marketId, query);

test('a new meter is in the register, is found by its address, and is no longer unclaimed', async () => {
  const given = meterOf();
  await noteUnclaimed(ctx.db, START, 'acrel4g', given.linkKey, '10.0.0.9');
  const meterId = await createMeter(ctx, here, given);
  expect(await findDevices(ctx.db, 'acrel4g', given.linkKey)).toMatchObject([{ meterId, busAddress: '1' }]);
  expect(await ctx.db.query('select 1 from unclaimed_device where link_key = $1', [given.linkKey])).toEqual([]);
  expect(await theCard(meterId)).toMatchObject({ serial: given.serial, stallId: null, online: false, bindings: [] });
  expect(await auditOf(ctx, here, `meter:${meterId}`)).toMatchObject([
    { action: 'devices.create_meter', after: { serial: given.serial, accessKeys: [] } },
  ]);
});

test.each([
  ['devices.unknown_model', meterOf({ model: 'NOSUCH' })],
  ['devices.unknown_model', meterOf({ model: 'constructor' })],
  ['devices.wrong_kind', meterOf({ kind: 'water' })],
  ['devices.no_ct_for_water', nb({ ctRatio: 2 })],
  ['devices.bad_address', meterOf({ busAddress: '248' })],
  ['devices.bad_address', meterOf({ busAddress: 'one' })],
  ['devices.bad_address', meterOf({ linkKey: 'with blank' })],
  ['devices.bad_address', nb({ linkKey: 'device-without-product' })],
  ['devices.bad_access', meterOf({ access: { password: '00000000' } })],
  ['devices.unknown_gateway', meterOf({ link: 'dtu', linkKey: 'dtu-nowhere' })],
  ['devices.unknown_gateway', meterOf({ link: 'dtu', linkKey: 'dtu-there' })],
  ['devices.unknown_product', nb({ linkKey: 'product-there/device-1' })],
])('%s refuses a meter and leaves nothing of it', async (code, given) => {
  await expect(createMeter(ctx, here, given)).rejects.toThrow(refused(code));
  expect(await ctx.db.query('select 1 from meter where serial = $1', [given.serial])).toEqual([]);
});

test('a serial is once in a market, and an address once in all markets', async () => {
  const given = meterOf();
  await createMeter(ctx, here, given);
  const { serial } = given;
  await expect(createMeter(ctx, here, meterOf({ serial }))).rejects.toThrow(refused('devices.serial_in_use'));
  await expect(createMeter(ctx, there, meterOf({ linkKey: serial }))).rejects.toThrow(
    refused('devices.address_in_use'),
  );
  // Not even behind the same modem at another address.
  await expect(createMeter(ctx, there, meterOf({ linkKey: serial, busAddress: '2' }))).rejects.toThrow(
    refused('devices.address_in_use'),
  );
  await expect(createMeter(ctx, there, meterOf({ serial }))).resolves.toMatch(/-/);
});

test('access values are stored, kept apart from everything that is shown, and replaced by name', async () => {
  const given = meterOf({
    model: 'DDZY-645',
    link: 'dtu',
    linkKey: 'dtu-here',
    busAddress: '000000000017',
    access: { password: '12345678', operator: '00000001' },
  });
  const meterId = await createMeter(ctx, here, given);
  await updateMeter(ctx, here, meterId, { access: { password: '87654321', operator: '' }, note: 'new password' });
  expect(await theCard(meterId)).toMatchObject({ accessKeys: ['password'], gatewayName: 'Hall' });
  const [stored] = await ctx.db.query('select access from meter where meter_id = $1', [meterId]);
  expect(stored).toEqual({ access: { password: '87654321' } });
  const audit = JSON.stringify(await auditOf(ctx, here, `meter:${meterId}`));
  expect(audit).toContain('"accessChanged":["operator","password"]');
  expect(audit).not.toMatch(/12345678|87654321/);
});

test('a meter that moves is found at its new address only, and is offline until it is heard of', async () => {
  const given = meterOf();
  const meterId = await createMeter(ctx, here, given);
  await ctx.db.query('update meter_state set online = true where meter_id = $1', [meterId]);
  await updateMeter(ctx, here, meterId, { link: 'dtu', linkKey: 'dtu-here', busAddress: '2/9' });
  expect(await findDevices(ctx.db, 'acrel4g', given.linkKey)).toEqual([]);
  expect(await findDevices(ctx.db, 'dtu', 'dtu-here')).toContainEqual(
    expect.objectContaining({ meterId, busAddress: '2/9' }),
  );
  expect(await theCard(meterId)).toMatchObject({ online: false, link: 'dtu', busAddress: '2/9' });
  const other = await createMeter(ctx, here, meterOf());
  await expect(updateMeter(ctx, here, other, { link: 'dtu', linkKey: 'dtu-here', busAddress: '2/9' })).rejects.toThrow(
    refused('devices.address_in_use'),
  );
  await expect(updateMeter(ctx, here, other, { serial: given.serial })).rejects.toThrow(
    refused('devices.serial_in_use'),
  );
});

test('bindings are dated, follow each other and never overlap', async () => {
  clock.set(minute(600));
  const meterId = await createMeter(ctx, here, meterOf());
  const [first, second] = here.stalls;
  const bind = (stallId: string, at: Date | null) => bindMeter(ctx, here, { meterId, stallId, at, start: null });
  const unbind = (at: Date | null) => unbindMeter(ctx, here, { meterId, at, note: 'moved' });
  await expect(bind(first, minute(601))).rejects.toThrow(refused('devices.in_future'));
  await expect(bind(there.stalls[0], null)).rejects.toThrow(refused('devices.no_such_stall'));
  await expect(unbind(null)).rejects.toThrow(refused('devices.not_bound'));
  await bind(first, minute(100));
  await expect(bind(second, null)).rejects.toThrow(refused('devices.already_bound'));
  await expect(unbind(minute(100))).rejects.toThrow(refused('devices.before_last_binding'));
  await expect(unbind(minute(601))).rejects.toThrow(refused('devices.in_future'));
  await unbind(minute(200));
  await expect(bind(second, minute(199))).rejects.toThrow(refused('devices.before_last_binding'));
  await bind(second, minute(200));
  expect((await theCard(meterId)).bindings).toMatchObject([
    { stallCode: 'A-2', fromAt: minute(200).toISOString(), toAt: null },
    { stallCode: 'A-1', fromAt: minute(100).toISOString(), toAt: minute(200).toISOString() },
  ]);
  const audit = await auditOf(ctx, here, `meter:${meterId}`);
  expect(audit.filter((entry) => entry.action === 'devices.bind_meter')).toHaveLength(2);
  expect(audit.find((entry) => entry.action === 'devices.unbind_meter')).toMatchObject({
    reason: 'moved',
    before: { stallId: first },
  });
});

test('a start reading is a reading of the person who bound it, or nothing is bound', async () => {
  const meterId = await createMeter(ctx, here, meterOf({ ctRatio: 30 }));
  const bind = (value: string) =>
    bindMeter(ctx, here, { meterId, stallId: here.stalls[0], at: minute(500), start: { value } });
  await expect(bind('999999999')).rejects.toThrow(refused('readings.beyond_register'));
  expect((await theCard(meterId)).bindings).toEqual([]);
  await bind('12.34');
  const rows = await ctx.db.query('select read_at, total, origin, operator_id from reading where meter_id = $1', [
    meterId,
  ]);
  expect(rows).toEqual([{ read_at: minute(500), total: 370_200n, origin: 'manual', operator_id: here.operatorId }]);
});

test('what another market has cannot be seen or touched', async () => {
  const meterId = await createMeter(ctx, here, meterOf());
  const unknown = refused('devices.no_such_meter');
  await expect(readMeterCard(ctx.db, there.marketId, meterId)).rejects.toThrow(unknown);
  await expect(updateMeter(ctx, there, meterId, { serial: 'X' })).rejects.toThrow(unknown);
  const bind = bindMeter(ctx, there, { meterId, stallId: there.stalls[0], at: null, start: null });
  await expect(bind).rejects.toThrow(unknown);
  await expect(unbindMeter(ctx, there, { meterId, at: null, note: 'no' })).rejects.toThrow(unknown);
  expect((await listMeters(ctx.db, there.marketId, {})).meters.map((meter) => meter.meterId)).not.toContain(meterId);
});

test('the register is filtered, searched, sorted and cut into pages', async () => {
  const all = await list({ pageSize: 200 });
  expect(all.total).toBe(all.meters.length);
  const pages = [await list({ pageSize: 3 }), await list({ pageSize: 3, page: 2 })].flatMap((page) => page.meters);
  expect(pages).toEqual(all.meters.slice(0, 6));
  const [one] = all.meters;
  expect(await list({ text: one?.serial ?? '' })).toMatchObject({ total: 1, meters: [one] });
  expect((await list({ text: '%' })).total).toBe(0);
  expect((await list({ text: 'a-1' })).meters.every((meter) => meter.stallCode === 'A-1')).toBe(true);
  expect((await list({ state: 'bound' })).meters.every((meter) => meter.stallId !== null)).toBe(true);
  const [bound, unbound] = [await list({ state: 'bound' }), await list({ state: 'unbound' })];
  expect(bound.total + unbound.total).toBe(all.total);
  expect((await list({ link: 'dtu', linkKey: 'dtu-here' })).meters).not.toHaveLength(0);
  expect(await list({ kind: 'water' })).toEqual({ total: 0, meters: [] });
  expect(await list({ building: 'B' })).toEqual({ total: 0, meters: [] });
  expect((await list({ state: 'retired' })).total).toBe(0);
  const down = await list({ sort: 'serial', descending: true, pageSize: 200 });
  expect(down.meters.map((meter) => meter.serial)).toEqual(all.meters.map((meter) => meter.serial).toReversed());
  for (const sort of ['stall', 'model', 'lastContact', 'lastRead', 'signal', 'drift'] as const) {
    expect((await list({ sort, pageSize: 200 })).total).toBe(all.total);
  }
});

test('an unclaimed device is claimed as a meter and bound in one step, and only once', async () => {
  await noteUnclaimed(ctx.db, START, 'acrel4g', '7777', '10.0.0.1');
  const { link, linkKey, ...as } = meterOf({ linkKey: '7777' });
  const claim = { link, linkKey, as: { ...as, stallId: here.stalls[2], start: { value: '0.5' } } };
  const twice = await Promise.allSettled([
    claimDevice(ctx, here, claim),
    claimDevice(ctx, there, { link, linkKey, as }),
  ]);
  expect(twice.filter((one) => one.status === 'fulfilled')).toHaveLength(1);
  await expect(claimDevice(ctx, here, claim)).rejects.toThrow(refused('devices.not_unclaimed'));
  await noteUnclaimed(ctx.db, START, 'acrel4g', '7778', '10.0.0.1');
  const loose = { link, linkKey: '7778', as: { ...as, serial: '7778', start: { value: '1' } } };
  await expect(claimDevice(ctx, here, loose)).rejects.toThrow(refused('devices.start_without_stall'));
});

test('an unclaimed device is claimed as a gateway where its link has gateways', async () => {
  const gateway = { name: 'Fish hall', secret: '0123456789abcdef' };
  await noteUnclaimed(ctx.db, START, 'acrelgw', 'gw-9', '10.0.0.1');
  await expect(claimDevice(ctx, here, { link: 'acrelgw', linkKey: 'gw-9', as: { gateway } })).resolves.toBeNull();
  await noteUnclaimed(ctx.db, START, 'acrel4g', '7779', '10.0.0.1');
  const wrong = claimDevice(ctx, here, { link: 'acrel4g', linkKey: '7779', as: { gateway } });
  await expect(wrong).rejects.toThrow(refused('devices.wrong_kind'));
});

test('what is answered has the shape that the contract promises', async () => {
  const fits = (schema: TSchema, answer: unknown) => {
    const validator = Compile(schema);
    expect([...validator.Errors(answer)]).toEqual([]);
  };
  const page = await list({ pageSize: 200 });
  fits(routes.meters.response, page);
  for (const { meterId } of page.meters) fits(routes.meter.response, await theCard(meterId));
  fits(routes.meterModels.response, catalogue);
  fits(routes.gateways.response, await listGateways(ctx.db, here.marketId, {}));
});

test('the head-end and the grid hear of a meter that came', async () => {
  const heard = Promise.all(
    (['device', 'grid'] as const).map((channel) => new Promise((resolve) => ctx.signals.on(channel, resolve))),
  );
  const meterId = await createMeter(ctx, here, meterOf());
  expect(await heard).toEqual([`${here.marketId} ${meterId}`, here.marketId]);
});
