import { meterModels } from '@openprepay/protocols';
import Type, { type Static, type TSchema } from 'typebox';
import { Compile } from 'typebox/compile';
import { GATEWAY_LINKS, LINKS } from '../devices/index.ts';
import { mustHaveAPeriod } from './buildings.ts';
import { sitesError } from './errors.ts';

/*
 * A site as one JSON document: what a market looks like before its first day.
 */

const Name = Type.String({ minLength: 1, maxLength: 80 });
const Text = Type.String({ maxLength: 200 });
const MAX_STALLS = 20_000;
/** What the ledger posts at once. */
const MAX_ACCOUNTS = 10_000;
const MAX_METERS_A_STALL = 20;
const MAX_SMALL_LIST = 1_000;
const list = <T extends TSchema>(item: T, maxItems: number) => Type.Array(item, { maxItems });
const Kind = Type.Union([Type.Literal('electricity'), Type.Literal('water')]);
const Fen = (minimum: number) => Type.Integer({ minimum, maximum: 100_000_000_000 });

export const SiteMeter = Type.Object({
  kind: Kind,
  model: Name,
  serial: Name,
  ctRatio: Type.Integer({ minimum: 1, maximum: 10_000 }),
  link: Type.Enum([...LINKS]),
  linkKey: Type.String({ minLength: 1, maxLength: 64 }),
  busAddress: Type.String({ minLength: 1, maxLength: 32 }),
  /** What lets it be written to, e.g. { "password": "00000000", "operator": "00000001" }. */
  access: Type.Optional(Type.Record(Type.String({ maxLength: 32 }), Type.String({ maxLength: 64 }))),
});

const SiteGateway = Type.Object({
  link: Type.Enum([...GATEWAY_LINKS]),
  linkKey: Type.String({ minLength: 1, maxLength: 64 }),
  name: Name,
  secret: Type.Union([Type.String({ minLength: 8, maxLength: 64 }), Type.Null()]),
  settings: Type.Record(Type.String({ maxLength: 32 }), Type.Unknown()),
});

const NbProduct = Type.Object({
  platform: Type.Union([Type.Literal('ctwing'), Type.Literal('onenet')]),
  productId: Name,
  /** How its payloads are read; transparent CJ/T 188 where nothing is said. */
  codec: Type.Optional(Name),
  baseUrl: Type.String({ pattern: '^https?://', maxLength: 200 }),
  appKey: Text,
  appSecret: Text,
  masterKey: Text,
  pushToken: Type.String({ minLength: 16, maxLength: 200 }),
  allowedSources: list(Text, 100),
});

const PricePlan = Type.Object({
  name: Name,
  kind: Kind,
  marketDefault: Type.Boolean(),
  /** The rule itself is for the prices room to judge. */
  versions: Type.Array(Type.Object({ validFrom: Type.String({ format: 'date-time' }), rule: Type.Unknown() }), {
    minItems: 1,
    maxItems: MAX_SMALL_LIST,
  }),
});

const Building = Type.Object({
  name: Name,
  readingIntervalS: Type.Integer({ minimum: 60, maximum: 604_800 }),
  settlementPeriod: Type.Union([
    Type.Literal('each_reading'),
    Type.Literal('daily'),
    Type.Literal('weekly'),
    Type.Literal('monthly'),
  ]),
  /** When a day of settlement ends; midnight where nothing is said. */
  settlementTimes: Type.Optional(
    Type.Array(Type.String({ pattern: '^([01]\\d|2[0-3]):[0-5]\\d$' }), { maxItems: 24, uniqueItems: true }),
  ),
});

const Stall = Type.Object({
  code: Name,
  building: Name,
  stallType: Name,
  areaM2: Type.String({ pattern: '^\\d{1,8}(\\.\\d{1,2})?$' }),
  protected: Type.Boolean(),
  meters: list(SiteMeter, MAX_METERS_A_STALL),
});

const Account = Type.Object({
  number: Name,
  customerName: Name,
  phone: Type.Union([Type.String({ maxLength: 32 }), Type.Null()]),
  creditLimitFen: Fen(0),
  openingBalanceFen: Fen(-100_000_000_000),
  stalls: list(Name, MAX_SMALL_LIST),
});

export const Site = Type.Object({
  market: Type.Object({
    code: Name,
    name: Name,
    timeZone: Type.String({ minLength: 1, maxLength: 64 }),
    finalNoticeWaitS: Type.Integer({ minimum: 0, maximum: 2_592_000 }),
    lowBalanceFen: Fen(0),
  }),
  nbProducts: list(NbProduct, 20),
  gateways: Type.Optional(list(SiteGateway, MAX_SMALL_LIST)),
  pricePlans: list(PricePlan, MAX_SMALL_LIST),
  buildings: list(Building, MAX_SMALL_LIST),
  stalls: list(Stall, MAX_STALLS),
  accounts: list(Account, MAX_ACCOUNTS),
});
export type Site = Static<typeof Site>;

const shape = Compile(Site);

/**
 * Checks a document's shape, and that its names are unique and its references lead somewhere.
 * @throws sites.bad_site, sites.named_twice, sites.unknown_name, sites.times_without_period
 */
export function parseSite(document: unknown): Site {
  if (!shape.Check(document)) {
    const [first] = shape.Errors(document);
    throw sitesError('sites.bad_site', `${first?.instancePath || '/'} ${first?.message}`);
  }
  const site: Site = document;
  mustBeTimeZone(site.market.timeZone);
  const meters = site.stalls.flatMap((stall) => stall.meters);
  const letStalls = site.accounts.flatMap((account) => account.stalls);
  const buildings = uniqueNames('building', site.buildings, (building) => building.name);
  const stalls = uniqueNames('stall', site.stalls, (stall) => stall.code);
  uniqueNames('account', site.accounts, (account) => account.number);
  uniqueNames('meter', meters, (meter) => meter.serial);
  uniqueNames('gateway', site.gateways ?? [], ({ link, linkKey }) => `${link} ${linkKey}`);
  uniqueNames('device', meters, ({ link, linkKey, busAddress }) => `${link} ${linkKey} ${busAddress}`);
  uniqueNames('stall of an account', letStalls, (code) => code);
  for (const one of site.buildings) mustHaveAPeriod(one.settlementPeriod, one.settlementTimes ?? []);
  mustBeKnown('building', site.stalls, (stall) => stall.building, buildings);
  mustBeKnown('stall', letStalls, (code) => code, stalls);
  mustBeKnown('meter model', meters, (meter) => `${meter.kind} ${meter.model}`, knownModels);
  return site;
}

const knownModels = new Set(Object.values(meterModels).map((known) => `${known.kind} ${known.model}`));

function mustBeTimeZone(timeZone: string): void {
  try {
    new Intl.DateTimeFormat('en', { timeZone });
  } catch {
    throw sitesError('sites.bad_site', `/market/timeZone is no time zone: ${timeZone}`);
  }
}

function uniqueNames<T>(what: string, items: readonly T[], nameOf: (item: T) => string): ReadonlySet<string> {
  const seen = new Set<string>();
  for (const name of items.map(nameOf)) {
    if (seen.has(name)) throw sitesError('sites.named_twice', `${what} ${name} is there twice`, { what, name });
    seen.add(name);
  }
  return seen;
}

function mustBeKnown<T>(
  what: string,
  items: readonly T[],
  nameOf: (item: T) => string,
  known: ReadonlySet<string>,
): void {
  const name = items.map(nameOf).find((candidate) => !known.has(candidate));
  if (name !== undefined) throw sitesError('sites.unknown_name', `no ${what} is called ${name}`, { what, name });
}
