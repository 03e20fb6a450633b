import type { StallDetail } from '@openprepay/contract';
import { MIXED_LINKS, mixedSite, type Site, type SiteMeter } from '@openprepay/simulator';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { eventually, expectProved, freePort, startTestMarket, type TestMarket, withBalances } from './support.ts';

/** Market minutes a minute: half an hour in 7.5 seconds. */
const SPEED = 240;
const PLENTY_FEN = 100_000_00;
const BUS_METERS = 64;
const MINUTE_MS = 60_000;
/** What was on the wire when its plug was pulled is stored by then. */
const ON_ITS_WAY_MARKET_MS = 10 * MINUTE_MS;
/** In so long every meter is read once. */
const AWAY_MARKET_MS = 35 * MINUTE_MS;
/** Long enough for full hours of the market to be missed, and frozen. */
const AWAY_ON_LINE_MARKET_MS = 90 * MINUTE_MS;

let market: TestMarket;
let modbusTcp: string;

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

/** When something was last heard from each meter and stored, by serial. */
async function lastHeard(): Promise<ReadonlyMap<string, number>> {
  const rows = await market.db.query<{ serial: string; at: Date }>(
    `select serial, max(received_at) as at from reading join meter using (market_id, meter_id)
     where market_id = $1 group by serial`,
    [market.marketId],
  );
  return new Map(rows.map(({ serial, at }) => [serial, at.getTime()]));
}

const heardSince = async (serials: readonly string[], sinceMs: number): Promise<string[]> => {
  const heard = await lastHeard();
  return serials.filter((serial) => (heard.get(serial) ?? 0) > sinceMs);
};
const marketNow = async (): Promise<number> => Date.parse((await market.api('markets', {})).at);
const untilMarket = (atMs: number) => eventually(async () => expect(await marketNow()).toBeGreaterThan(atMs));
const behind = (link: string): string[] =>
  metersOf(market.site)
    .filter(({ linkKey }) => linkKey === link || linkKey.startsWith(`${link}/`))
    .map(({ serial }) => serial);

/** The meters whose plug was in last: they come back while the next one is out. */
let returning: { readonly serials: readonly string[]; readonly sinceMs: number } = { serials: [], sinceMs: 0 };

const areBack = () =>
  eventually(async () => {
    const { serials, sinceMs } = returning;
    expect(await heardSince(serials, sinceMs)).toEqual(serials);
  });

/** Two at a time, of different kinds. */
const TURNS: readonly (readonly [name: string, linksOf: () => readonly string[], forMs: number])[] = [
  ['a 4G modem and CTWing', () => [meterOn('acrel4g').linkKey, MIXED_LINKS.ctwing], AWAY_MARKET_MS],
  ['the DTU with its line and the Acrel gateway', () => [MIXED_LINKS.dtu, MIXED_LINKS.acrelgw], AWAY_ON_LINE_MARKET_MS],
  ['the overseas MQTT gateway and OneNET', () => [MIXED_LINKS.mqttHw, MIXED_LINKS.onenet], AWAY_MARKET_MS],
  ['the domestic MQTT gateway and Modbus TCP', () => [MIXED_LINKS.mqttIot, modbusTcp], AWAY_MARKET_MS],
];

describe('the plugs are pulled in turn', () => {
  test.each(TURNS)('%s: their meters are silent, all others are read on, those before come back', async (_, of, ms) => {
    const links = of();
    for (const link of links) expect(behind(link)).not.toEqual([]);
    const silent = links.flatMap(behind);
    for (const link of links) market.simulator.unplug(link);
    await untilMarket((await marketNow()) + ON_ITS_WAY_MARKET_MS);
    const fromMs = await marketNow();
    const others = metersOf(market.site)
      .map(({ serial }) => serial)
      .filter((serial) => !silent.includes(serial) && !returning.serials.includes(serial));
    await untilMarket(fromMs + ms);
    await eventually(async () => expect(await heardSince(others, fromMs)).toEqual(others));
    await areBack();
    expect(await heardSince(silent, fromMs)).toEqual([]);
    returning = { serials: silent, sinceMs: await marketNow() };
    for (const link of links) market.simulator.plug(link);
  });

  test('in the end everybody is there', async () => {
    await areBack();
    await everybodyIsThere();
  });
});

test('what a meter kept of the hours that were missed is there', async () => {
  await eventually(async () => {
    const [filled] = await market.db.query<{ meters: number }>(
      `select count(distinct meter_id)::int as meters from reading join meter using (market_id, meter_id)
       where market_id = $1 and origin = 'backfilled' and link_key = $2`,
      [market.marketId, MIXED_LINKS.dtu],
    );
    // Half of the meters on the line keep their hours.
    expect(filled?.meters).toBeGreaterThanOrEqual(BUS_METERS / 2);
  });
});

test('nothing is charged twice: what is charged of each meter is what its register went on', async () => {
  const wrong = await market.db.query(
    `select serial, use, went_on from (
       select meter_id, sum(to_value - from_value) as use, settled_value - min(from_value) as went_on
       from charge join meter_settlement using (market_id, meter_id)
       where market_id = $1 group by meter_id, settled_value) charged
     join meter using (meter_id) where use <> went_on`,
    [market.marketId],
  );
  expect(wrong).toEqual([]);
  const [charged] = await market.db.query<{ meters: number }>(
    'select count(distinct meter_id)::int as meters from charge where market_id = $1',
    [market.marketId],
  );
  expect(charged?.meters).toBeGreaterThan(BUS_METERS);
  expectProved(await market.verify());
  // A second of a busy machine is four minutes of a meter's clock here, so a clock may be given up; a switch may not.
  const { exceptions } = await market.api('exceptions', { params: { marketId: market.marketId }, query: {} });
  expect(exceptions.filter(({ command }) => command !== 'clock')).toEqual([]);
});
