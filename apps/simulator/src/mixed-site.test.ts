import { meterModels } from '@openprepay/protocols';
import { expect, test } from 'vitest';
import { MIXED_LINKS, mixedSite } from './mixed-site.ts';

const secrets = { appKey: 'key', appSecret: 'secret', masterKey: 'master', pushToken: 'token' };
const drawn = (seed = 3) => mixedSite({ seed, secrets, nbBaseUrl: 'http://127.0.0.1:1' });
const metersOf = (site: ReturnType<typeof drawn>) => site.stalls.flatMap((stall) => stall.meters);

test('it has every kind of link, 64 meters of three models and more on one line, and each gateway that is named', () => {
  const site = drawn();
  const byLink = Map.groupBy(metersOf(site), ({ link }) => link);
  expect([...byLink.keys()].sort()).toEqual(['acrel4g', 'acrelgw', 'dtu', 'modbus_tcp', 'mqtt', 'nb']);
  const bus = byLink.get('dtu') ?? [];
  expect(bus).toHaveLength(64);
  expect(new Set(bus.map(({ linkKey }) => linkKey))).toEqual(new Set([MIXED_LINKS.dtu]));
  const models = new Set(bus.map(({ model }) => model));
  for (const model of ['DDZY-645', 'DDS-645-97', 'DDSY1352-NK', 'DTSD1352']) expect(models).toContain(model);
  const products = new Set((byLink.get('nb') ?? []).map(({ linkKey }) => linkKey.split('/')[0]));
  expect(products).toEqual(new Set([MIXED_LINKS.ctwing, MIXED_LINKS.onenet]));
  const named = new Set(site.gateways?.map(({ link, linkKey }) => `${link} ${linkKey}`));
  const wired = metersOf(site).filter(({ link }) => link !== 'acrel4g' && link !== 'nb');
  expect(new Set(wired.map(({ link, linkKey }) => `${link} ${linkKey}`))).toEqual(named);
});

test('every model is known, no two meters share a serial or a place, and the same seed gives the same market', () => {
  const meters = metersOf(drawn());
  expect(meters.filter(({ model, kind }) => meterModels[model]?.kind !== kind)).toEqual([]);
  expect(new Set(meters.map(({ serial }) => serial)).size).toBe(meters.length);
  const places = meters.map(({ link, linkKey, busAddress }) => `${link} ${linkKey} ${busAddress}`);
  expect(new Set(places).size).toBe(meters.length);
  expect(drawn()).toEqual(drawn());
  expect(drawn(4)).not.toEqual(drawn());
});
