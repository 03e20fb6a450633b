import { type FirstSiteOptions, firstSite } from '@openprepay/simulator';
import { expect, test } from 'vitest';
import { freshDatabase } from '../../test-support/database.ts';
import type { Database } from '../platform/database.ts';
import { importSite } from './import.ts';
import type { Site } from './site.ts';
import { electricityMeter, testSite, waterMeter } from './test-support/site.ts';

const AT = new Date('2026-03-02T02:00:00Z');
const OPTIONS: FirstSiteOptions = {
  seed: 1,
  secrets: { appKey: 'key', appSecret: 'secret', masterKey: 'master', pushToken: 'push-token-of-the-test' },
  nbBaseUrl: 'http://127.0.0.1:1000',
};

const TABLES = [
  'market',
  'building',
  'stall',
  'meter',
  'meter_binding',
  'meter_state',
  'device_directory',
  'nb_product',
  'price_plan',
  'account',
  'tenancy',
  'ledger_tx',
];

async function countRows(db: Database): Promise<Record<string, number>> {
  const sql = TABLES.map((table) => `select '${table}' as name, count(*)::integer as rows from ${table}`).join(
    ' union all ',
  );
  const rows = await db.query<{ name: string; rows: number }>(sql);
  return Object.fromEntries(rows.map((row) => [row.name, row.rows]));
}

test('the first site comes in whole, and a second time changes only how its NB platform is reached', async () => {
  const db = await freshDatabase();
  const site = firstSite(OPTIONS);
  const first = await importSite(db, site, AT);
  expect(first.created).toBe(true);
  const counts = await countRows(db);
  expect(counts).toMatchObject({
    market: 1,
    building: 5,
    stall: 474,
    meter: 891,
    meter_binding: 891,
    device_directory: 891,
    account: site.accounts.length,
    tenancy: site.accounts.flatMap((account) => account.stalls).length,
    ledger_tx: site.accounts.filter((account) => account.openingBalanceFen !== 0).length,
  });
  const [{ sum } = { sum: 0n }] = await db.query<{ sum: bigint }>('select sum(balance_fen)::bigint as sum from purse');
  expect(sum).toBe(BigInt(site.accounts.reduce((total, account) => total + account.openingBalanceFen, 0)));

  const moved = firstSite({ ...OPTIONS, nbBaseUrl: 'http://127.0.0.1:2000' });
  const renamed = { ...moved, market: { ...moved.market, name: 'another name' } };
  expect(await importSite(db, renamed, AT)).toEqual({ marketId: first.marketId, created: false });
  expect(await countRows(db)).toEqual(counts);
  expect(await db.query('select name, base_url from market join nb_product using (market_id)')).toEqual([
    { name: site.market.name, base_url: 'http://127.0.0.1:2000' },
  ]);
});

test('two processes that import the same site at once make one market', async () => {
  const db = await freshDatabase();
  const site = testSite([{ code: 'A', balanceFen: 100 }]);
  const both = await Promise.all([importSite(db, site, AT), importSite(db, site, AT)]);
  expect(new Set(both.map((result) => result.marketId)).size).toBe(1);
  expect(both.map((result) => result.created).toSorted()).toEqual([false, true]);
});

test('a device that called in before it had a market is no longer unclaimed', async () => {
  const db = await freshDatabase();
  await db.query(
    `insert into unclaimed_device (link, link_key, first_seen_at, last_seen_at, remote)
     select 'acrel4g', key, $1, $1, '10.0.0.1' from unnest(array['modem-E-A', 'modem-other']) key`,
    [AT],
  );
  await importSite(db, testSite([{ code: 'A' }]), AT);
  expect(await db.query('select link_key from unclaimed_device')).toEqual([{ link_key: 'modem-other' }]);
});

const good = () => testSite([{ code: 'A', balanceFen: 100 }, { code: 'B' }]);
const withMarket = (change: object) => ({ ...good(), market: { ...good().market, ...change } });
const withMeter = (change: object): unknown => {
  const { stalls, ...site } = good();
  return {
    ...site,
    stalls: stalls.map((stall) => ({ ...stall, meters: stall.meters.map((meter) => ({ ...meter, ...change })) })),
  };
};
const withAccounts = (...stalls: string[][]): unknown => {
  const [account] = good().accounts;
  return { ...good(), accounts: stalls.map((held, i) => ({ ...account, number: `A${i}`, stalls: held })) };
};
const badRule = {
  ...good(),
  pricePlans: good().pricePlans.map((plan) => ({
    ...plan,
    versions: [{ validFrom: '2020-01-01T00:00:00Z', rule: { kind: 'magic' } }],
  })),
};

test.each<readonly [string, unknown, string]>([
  ['no object', null, 'sites.bad_site'],
  ['nothing in it', {}, 'sites.bad_site'],
  ['a market without a code', withMarket({ code: '' }), 'sites.bad_site'],
  ['a time zone that is none', withMarket({ timeZone: 'Mars/Olympus' }), 'sites.bad_site'],
  ['a CT ratio of zero', withMeter({ ctRatio: 0 }), 'sites.bad_site'],
  ['an unknown kind of link', withMeter({ link: 'pigeon' }), 'sites.bad_site'],
  ['a meter model that nobody knows', withMeter({ model: 'X-1' }), 'sites.unknown_name'],
  ['a meter model of the other kind', withMeter({ model: 'NB-WATER-15' }), 'sites.unknown_name'],
  ['the same serial twice', withMeter({ serial: 'same' }), 'sites.named_twice'],
  ['the same device twice', withMeter({ linkKey: 'same' }), 'sites.named_twice'],
  ['the same stall twice', testSite([{ code: 'A' }, { code: 'A', meters: [] }]), 'sites.named_twice'],
  ['a building that is not there', { ...good(), buildings: [] }, 'sites.unknown_name'],
  ['an account of a stall that is not there', withAccounts(['C']), 'sites.unknown_name'],
  ['a stall of two accounts', withAccounts(['A'], ['A', 'B']), 'sites.named_twice'],
  ['a price rule that is none', badRule, 'pricing.bad_rule'],
])('refused, and nothing is left of it: %s', async (_, document, code) => {
  const db = await database;
  await expect(importSite(db, document, AT)).rejects.toMatchObject({ code, status: 400 });
  expect(Object.values(await countRows(db)).every((rows) => rows === 0)).toBe(true);
});
const database = freshDatabase();

test('a device or an NB product of another market is refused, and the other market keeps it', async () => {
  const db = await freshDatabase();
  await importSite(db, testSite([{ code: 'A', meters: [electricityMeter('E1')] }]), AT);
  const counts = await countRows(db);
  const sameDevice = testSite([{ code: 'B', meters: [electricityMeter('E1')] }], { code: 'other' });
  await expect(importSite(db, sameDevice, AT)).rejects.toMatchObject({ code: 'devices.address_in_use', status: 409 });
  const sameProduct: Site = { ...testSite([], { code: 'other' }), nbProducts: testSite([]).nbProducts };
  await expect(importSite(db, sameProduct, AT)).rejects.toMatchObject({ code: 'sites.device_in_use' });
  expect(await countRows(db)).toEqual(counts);
});

test('of a meter that could not be entered by hand a site file is refused too', async () => {
  const db = await freshDatabase();
  const refused = (change: Partial<ReturnType<typeof electricityMeter>>, code: string) =>
    expect(
      importSite(db, testSite([{ code: 'A', meters: [{ ...electricityMeter('E1'), ...change }] }]), AT),
    ).rejects.toMatchObject({ code });
  await refused({ busAddress: '300' }, 'devices.bad_address');
  await refused({ access: { key: 'value' } }, 'devices.bad_access');
  await refused({ link: 'dtu', linkKey: 'nobody-entered-it' }, 'devices.unknown_gateway');
  const gateway = { link: 'modbus_tcp', linkKey: 'hall-b.example:502', name: 'B', secret: null, settings: {} } as const;
  const slip = { ...testSite([]), gateways: [{ ...gateway, settings: { timoutMs: 900 } }] };
  await expect(importSite(db, slip, AT)).rejects.toMatchObject({ code: 'devices.bad_settings' });
  const elsewhere: Site = { ...testSite([{ code: 'A', meters: [waterMeter('78')] }]), nbProducts: [] };
  await expect(importSite(db, elsewhere, AT)).rejects.toMatchObject({ code: 'devices.unknown_product' });
  const site = testSite([{ code: 'A', meters: [electricityMeter('E1')] }]);
  await importSite(db, { ...site, gateways: [gateway] }, AT);
  const own = { ...gateway, link: 'dtu' } as const;
  const anothers = { ...testSite([], { code: 'third' }), gateways: [own, gateway] };
  await expect(importSite(db, anothers, AT)).rejects.toMatchObject({ code: 'sites.device_in_use' });
  const beside = { ...electricityMeter('E1'), busAddress: '2' };
  const behindAnothers = testSite([{ code: 'B', meters: [beside] }], { code: 'other' });
  await expect(importSite(db, behindAnothers, AT)).rejects.toMatchObject({ code: 'devices.address_in_use' });
});
