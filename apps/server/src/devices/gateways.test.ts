import type { GatewayQuery, NewGateway } from '@openprepay/contract';
import { expect, test } from 'vitest';
import { testClock, testContext } from '../../test-support/database.ts';
import { START } from '../../test-support/market.ts';
import { listGateways } from './gateway-list.ts';
import { createGateway, retireGateway, updateGateway } from './gateways.ts';
import { noteUnclaimed } from './index.ts';
import { createMeter } from './meters.ts';
import { auditOf, seedPlace } from './test-support/world.ts';

const ctx = await testContext(testClock(START));
const here = await seedPlace(ctx, 'here');
const there = await seedPlace(ctx, 'there');
const refused = (code: string) => expect.objectContaining({ code });
const SECRET = '0123456789abcdef';
const acrel: NewGateway = { link: 'acrelgw', linkKey: 'gw-1', name: 'Fish hall', secret: SECRET };
const key = { link: 'acrelgw', linkKey: 'gw-1' } as const;
const found = async (linkKey: string) =>
  (await listGateways(ctx.db, here.marketId, {})).gateways.find((gateway) => gateway.linkKey === linkKey);

test('a new gateway is listed with what is behind it, and its secret is never told', async () => {
  await noteUnclaimed(ctx.db, START, 'acrelgw', 'gw-1', '10.0.0.1');
  await createGateway(ctx, here, acrel);
  await createMeter(ctx, here, {
    kind: 'electricity',
    model: 'DTSD1352',
    serial: 'E1',
    ctRatio: 40,
    link: 'acrelgw',
    linkKey: 'gw-1',
    busAddress: '17',
  });
  expect(await found('gw-1')).toEqual({
    ...key,
    name: 'Fish hall',
    hasSecret: true,
    settings: {},
    createdAt: START.toISOString(),
    retiredAt: null,
    meters: 1,
    metersOnline: 0,
  });
  expect(JSON.stringify(await auditOf(ctx, here, 'gateway:acrelgw gw-1'))).not.toContain(SECRET);
  expect(await ctx.db.query('select 1 from unclaimed_device')).toEqual([]);
});

const dtu = (settings: Record<string, unknown>): NewGateway => ({ link: 'dtu', linkKey: 'd', name: 'd', settings });
const tcp = (linkKey: string): NewGateway => ({ link: 'modbus_tcp', linkKey, name: 'tcp' });

test.each<[string, NewGateway]>([
  ['devices.bad_secret', { ...acrel, linkKey: 'gw-2', secret: 'too short' }],
  ['devices.bad_secret', { ...dtu({}), secret: SECRET }],
  ['devices.bad_settings', dtu({ gapMS: 50 })],
  ['devices.bad_settings', dtu({ gapMs: -1 })],
  ['devices.bad_settings', dtu({ gapMs: '50' })],
  ['devices.bad_settings', dtu({ heartbeats: ['0'] })],
  ['devices.bad_settings', dtu({ heartbeats: ['aa'] })],
  ['devices.bad_settings', { ...acrel, linkKey: 'gw-2', settings: { baud: 9600 } }],
  ['devices.bad_address', { ...dtu({}), linkKey: 'a b' }],
])('%s refuses a gateway', async (code, given) => {
  await expect(createGateway(ctx, here, given)).rejects.toThrow(refused(code));
});

test.each([
  '127.0.0.1:502',
  '0.0.0.0:502',
  '169.254.169.254:502',
  '8.8.8.8:502',
  '172.32.0.1:502',
  '224.0.0.1:502',
  '[::1]:502',
  'localhost:502',
  'meter.example:502',
  '0x0a000001:502',
  '167772161:502',
  '10.0.0.1',
  '10.0.0.1:22',
  '10.0.0.1:80',
  '10.0.0.1:65536',
  '10.0.0.1:502/x',
])('the server is not made to knock at %s', async (linkKey) => {
  await expect(createGateway(ctx, here, tcp(linkKey))).rejects.toThrow(refused('devices.bad_address'));
});

test.each(['10.0.0.1:502', '172.16.3.4:8899', '192.168.1.9:502', '100.64.0.7:1502'])(
  'a gateway of a private network may be at %s',
  async (linkKey) => {
    await expect(createGateway(ctx, here, tcp(linkKey))).resolves.toBeUndefined();
  },
);

test('a gateway changes what is named and keeps the rest; a secret can be taken away', async () => {
  await updateGateway(ctx, here, key, { name: 'Meat hall', settings: { timeoutMs: 8_000 } });
  expect(await found('gw-1')).toMatchObject({ name: 'Meat hall', hasSecret: true, settings: { timeoutMs: 8_000 } });
  await updateGateway(ctx, here, key, { secret: null });
  expect(await found('gw-1')).toMatchObject({ name: 'Meat hall', hasSecret: false });
  await expect(updateGateway(ctx, here, key, { secret: 'short' })).rejects.toThrow(refused('devices.bad_secret'));
});

test('the settings of a gateway that a site file put on this machine may change', async () => {
  await ctx.db.query(
    `insert into gateway (link, link_key, market_id, name, created_at) values ('modbus_tcp', '127.0.0.1:5020', $1, 'x', $2)`,
    [here.marketId, START],
  );
  const local = { link: 'modbus_tcp', linkKey: '127.0.0.1:5020' } as const;
  await updateGateway(ctx, here, local, { settings: { framing: 'rtu' } });
  expect(await found('127.0.0.1:5020')).toMatchObject({ settings: { framing: 'rtu' } });
});

test('a gateway is one market’s: another neither takes, sees, changes nor retires it', async () => {
  await expect(createGateway(ctx, there, acrel)).rejects.toThrow(refused('devices.gateway_in_use'));
  expect((await listGateways(ctx.db, there.marketId, {})).gateways.map((gateway) => gateway.linkKey)).toEqual([
    'dtu-there',
  ]);
  await expect(updateGateway(ctx, there, key, { name: 'mine' })).rejects.toThrow(refused('devices.no_such_gateway'));
  await expect(retireGateway(ctx, there, key, 'gone')).rejects.toThrow(refused('devices.no_such_gateway'));
});

test('a gateway goes out of service when no meter is behind it, and may come back', async () => {
  await expect(retireGateway(ctx, here, key, 'broken')).rejects.toThrow(refused('devices.gateway_in_use'));
  await createGateway(ctx, here, { link: 'mqtt', linkKey: 'm-1', name: 'm' });
  const mqtt = { link: 'mqtt', linkKey: 'm-1' } as const;
  await retireGateway(ctx, here, mqtt, 'broken');
  expect(await found('m-1')).toMatchObject({ retiredAt: START.toISOString() });
  await expect(updateGateway(ctx, here, mqtt, { name: 'x' })).rejects.toThrow(refused('devices.gateway_retired'));
  await createGateway(ctx, here, { link: 'mqtt', linkKey: 'm-1', name: 'again' });
  expect(await found('m-1')).toMatchObject({ retiredAt: null, name: 'again' });
  await expect(createGateway(ctx, here, { ...mqtt, name: 'twice' })).rejects.toThrow(refused('devices.gateway_in_use'));
});

test('a secret is stored sealed to its gateway, and one that does not open any more counts as none', async () => {
  const linkKey = 'gw-sealed';
  await createGateway(ctx, here, { ...acrel, linkKey });
  const stored = await ctx.db.query<{ sealed: string }>(
    'select secret_sealed as sealed from gateway where link_key = $1',
    [linkKey],
  );
  expect(JSON.stringify(stored)).not.toContain(SECRET);
  expect(await found(linkKey)).toMatchObject({ hasSecret: true });
  // Another gateway's secret is worth nothing here.
  await createGateway(ctx, here, { ...acrel, linkKey: 'gw-other' });
  await ctx.db.query(
    `update gateway set secret_sealed = other.secret_sealed from gateway other
     where gateway.link_key = $1 and other.link_key = 'gw-other'`,
    [linkKey],
  );
  expect(await found(linkKey)).toMatchObject({ hasSecret: false });
});

test('gateways are found by what they are called, how they are reached and whether they are in service, and paged', async () => {
  const market = await seedPlace(ctx, 'many');
  for (const [index, link] of (['dtu', 'acrelgw', 'dtu', 'modbus_tcp'] as const).entries()) {
    const linkKey = link === 'modbus_tcp' ? '10.0.0.9:502' : `many-${index}`;
    await createGateway(ctx, market, {
      link,
      linkKey,
      name: `Hall ${9 - index}`,
      ...(link === 'acrelgw' && { secret: SECRET }),
    });
  }
  await retireGateway(ctx, market, { link: 'modbus_tcp', linkKey: '10.0.0.9:502' }, 'taken down');
  const names = async (query: GatewayQuery) =>
    (await listGateways(ctx.db, market.marketId, { text: 'Hall ', ...query })).gateways.map(({ name }) => name);
  expect(await names({})).toEqual(['Hall 7', 'Hall 8', 'Hall 9', 'Hall 6']);
  expect(await names({ sort: 'name' })).toEqual(['Hall 6', 'Hall 7', 'Hall 8', 'Hall 9']);
  expect(await names({ state: 'in_service', page: 2, pageSize: 2 })).toEqual(['Hall 9']);
  expect(await names({ state: 'retired' })).toEqual(['Hall 6']);
  expect(await names({ link: 'dtu', sort: 'key', descending: true })).toEqual(['Hall 7', 'Hall 9']);
  expect(await names({ text: 'many-1' })).toEqual(['Hall 8']);
  expect(await names({ text: 'any%1' })).toEqual([]);
  expect((await listGateways(ctx.db, market.marketId, { text: 'Hall ', pageSize: 1 })).total).toBe(4);
});
