import type { StallDetail } from '@openprepay/contract';
import { MIXED_LINKS, mixedSite, type Site, type SiteMeter } from '@openprepay/simulator';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { eventually, expectProved, freePort, startTestMarket, type TestMarket, withBalances } from './support.ts';

/** Market minutes a minute: half an hour in 7.5 seconds. */
const SPEED = 240;
const PLENTY_FEN = 100_000_00;
const BUS_METERS = 64;
/** Long enough for two full hours of the market to be missed, and frozen. */
const AWAY_MARKET_MS = 90 * 60_000;

let market: TestMarket;
let modbusTcp: string;

/** Every link, and one meter behind it that has a relay or a valve. */
const links = (): Readonly<Record<string, string>> => ({
  ...MIXED_LINKS,
  acrel4g: meterOn('acrel4g').linkKey,
  modbusTcp,
});

beforeAll(async () => {
  const modbusTcpPort = await freePort();
  modbusTcp = `127.0.0.1:${modbusTcpPort}`;
  market = await startTestMarket({
    stalls: 0,
    speed: SPEED,
    draw: (given) => mixedSite({ ...given, busMeters: BUS_METERS, modbusTcpPort }),
    prepare: (site) => withBalances(site, PLENTY_FEN),
  });
});
afterAll(() => market?.stop());

const metersOf = (site: Site): readonly (SiteMeter & { code: string })[] =>
  site.stalls.flatMap(({ code, meters }) => meters.map((meter) => ({ ...meter, code })));

const letStalls = () => new Set(market.site.accounts.flatMap(({ stalls }) => stalls));

/** A meter of a let stall behind a link, that can be switched. */
function meterOn(link: string, isIt: (meter: SiteMeter) => boolean = () => true): SiteMeter & { code: string } {
  const stalls = letStalls();
  const meter = metersOf(market.site).find(
    (one) => (one.link === link || one.linkKey.startsWith(link)) && stalls.has(one.code) && isIt(one),
  );
  if (!meter) throw new Error(`no meter on ${link}`);
  return meter;
}

const shown = async ({ code, serial }: { code: string; serial: string }): Promise<StallDetail['meters'][number]> => {
  const meter = (await market.stall(code)).meters.find((one) => one.serial === serial);
  if (!meter) throw new Error(`no meter ${serial} at ${code}`);
  return meter;
};

async function everybodyIsThere(): Promise<void> {
  await eventually(async () => {
    const { summary } = await market.api('grid', { params: { marketId: market.marketId } });
    expect(summary).toMatchObject({ metersOnline: summary.meters, metersRead: summary.meters });
  });
}

test('every meter of the mixed market is online and read', async () => {
  const kinds = Map.groupBy(metersOf(market.site), ({ link }) => link);
  expect(kinds.get('dtu')).toHaveLength(BUS_METERS);
  expect([...kinds.keys()].sort()).toEqual(['acrel4g', 'acrelgw', 'dtu', 'modbus_tcp', 'mqtt', 'nb']);
  await everybodyIsThere();
});

const SWITCHED: readonly (readonly [name: string, link: string, isIt: (meter: SiteMeter) => boolean])[] = [
  ['4G', 'acrel4g', () => true],
  ['a DTU to a DL/T 645 meter', MIXED_LINKS.dtu, ({ model }) => model === 'DDZY-645'],
  ['a DTU to a Modbus meter on the same line', MIXED_LINKS.dtu, ({ model }) => model === 'DDSY1352-NK'],
  ['an Acrel gateway', MIXED_LINKS.acrelgw, () => true],
  ['MQTT of the overseas family', MIXED_LINKS.mqttHw, () => true],
  ['MQTT of the domestic family', MIXED_LINKS.mqttIot, () => true],
  ['Modbus TCP', 'modbus_tcp', () => true],
  ['CTWing', MIXED_LINKS.ctwing, () => true],
  ['OneNET', MIXED_LINKS.onenet, () => true],
];

test('a cut and a restore arrive over each link, and are read back', async () => {
  const meters = SWITCHED.map(([name, link, isIt]) => ({ name, ...meterOn(link, isIt) }));
  for (const override of ['forced_off', 'auto'] as const) {
    const wanted = override === 'auto' ? 'on' : 'off';
    for (const meter of meters) await market.override((await shown(meter)).meterId, override);
    await eventually(async () => {
      const states = await Promise.all(
        meters.map(async (meter) => {
          const { switchState, commands } = await shown(meter);
          return [meter.name, switchState, commands[0]?.state, market.simulator.meter(meter.serial).switchState];
        }),
      );
      expect(states).toEqual(meters.map(({ name }) => [name, wanted, 'confirmed', wanted]));
    }, 90_000);
  }
});

test('the links lose their power or their platform one after the other, and each comes back by itself', async () => {
  const away = Object.values(links());
  const before = await market.db.query<{ meter_id: string }>('select meter_id from reading where market_id = $1', [
    market.marketId,
  ]);
  for (const link of away) market.simulator.unplug(link);
  await eventually(async () => {
    const { summary } = await market.api('grid', { params: { marketId: market.marketId } });
    expect(summary.metersOnline).toBeLessThan(summary.meters - BUS_METERS + 1);
  });
  const until = Date.parse((await market.api('markets', {})).at) + AWAY_MARKET_MS;
  await eventually(async () => expect(Date.parse((await market.api('markets', {})).at)).toBeGreaterThan(until));
  for (const link of away) {
    market.simulator.plug(link);
    await eventually(async () => {
      const behind = metersOf(market.site).filter(({ linkKey }) => linkKey === link || linkKey.startsWith(`${link}/`));
      const [meter] = behind;
      if (meter) expect(await shown(meter)).toMatchObject({ online: true });
    });
  }
  await everybodyIsThere();
  const after = await market.db.query<{ meter_id: string }>('select meter_id from reading where market_id = $1', [
    market.marketId,
  ]);
  expect(after.length).toBeGreaterThan(before.length);
});

test('what a meter kept of the hours that were missed is there', async () => {
  await eventually(async () => {
    const [filled] = await market.db.query<{ meters: number }>(
      `select count(distinct meter_id)::int as meters from reading where market_id = $1 and origin = 'backfilled'`,
      [market.marketId],
    );
    // Half of the meters on the line keep their hours.
    expect(filled?.meters).toBeGreaterThanOrEqual(BUS_METERS / 2);
  }, 30_000);
});

test('nothing is charged twice: the books are proved, and the charges are the registers’ use', async () => {
  expectProved(await market.verify());
  expect(await market.api('exceptions', { params: { marketId: market.marketId } })).toEqual([]);
});
