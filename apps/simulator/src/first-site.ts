import { drawChance, drawHex, drawInt, drawOne } from './random.ts';
import type { Site, SiteAccount, SiteMeter, SiteStall, StallType } from './site.ts';

export interface NbSecrets {
  readonly appKey: string;
  readonly appSecret: string;
  readonly masterKey: string;
  readonly pushToken: string;
}

export interface FirstSiteOptions {
  readonly seed: number;
  readonly secrets: NbSecrets;
  /** Origin of the NB platform's northbound API. */
  readonly nbBaseUrl: string;
  /** Fewer stalls keep the mix of the whole market. */
  readonly stalls?: number;
}

interface Trade {
  readonly hall: string;
  readonly building: string;
  readonly stallType: StallType;
  readonly stalls: number;
}

/** Who trades where: 474 stalls. */
const TRADES: readonly Trade[] = [
  { hall: 'A', building: '一号楼 蔬菜', stallType: 'vegetables', stalls: 130 },
  { hall: 'B', building: '二号楼 水果干货', stallType: 'fruit', stalls: 66 },
  { hall: 'B', building: '二号楼 水果干货', stallType: 'dry_goods', stalls: 70 },
  { hall: 'B', building: '二号楼 水果干货', stallType: 'general', stalls: 10 },
  { hall: 'C', building: '三号楼 肉禽', stallType: 'meat', stalls: 72 },
  { hall: 'C', building: '三号楼 肉禽', stallType: 'poultry', stalls: 24 },
  { hall: 'D', building: '四号楼 水产', stallType: 'fish', stalls: 46 },
  { hall: 'E', building: '五号楼 冷库餐饮', stallType: 'cooked_food', stalls: 30 },
  { hall: 'E', building: '五号楼 冷库餐饮', stallType: 'restaurant', stalls: 12 },
  { hall: 'E', building: '五号楼 冷库餐饮', stallType: 'cold_store', stalls: 14 },
];

const PRODUCT_ID = '15090417';
const THREE_PHASE: ReadonlySet<StallType> = new Set(['cold_store', 'fish', 'restaurant']);
/** Every 34th stall stands empty: 14 of 474. */
const VACANT_EVERY = 34;
/** Of the dry goods stalls 27 in 70 have a tap; cold stores have none. Together 417 of 474 stalls have water. */
const DRY_GOODS_WITH_WATER = { taps: 27, stalls: 70 };
const READING_INTERVAL_S = 1800;

/** The first site: one farmers' market with 474 electricity and 417 water meters, the same for the same seed. */
export function firstSite(options: FirstSiteOptions): Site {
  const stalls = sample(wholeMarket(options.seed), options.stalls);
  const buildings = new Set(stalls.map((stall) => stall.building));
  return {
    market: {
      code: 'demo',
      name: '示范农贸市场',
      timeZone: 'Asia/Shanghai',
      finalNoticeWaitS: 0,
      lowBalanceFen: 2000,
    },
    nbProducts: [
      {
        platform: 'ctwing',
        productId: PRODUCT_ID,
        baseUrl: options.nbBaseUrl,
        ...options.secrets,
        allowedSources: ['127.0.0.1', '::1', '::ffff:127.0.0.1'],
      },
    ],
    pricePlans: [
      flatPlan('市场电价', 'electricity', 'energy', '0.853200'),
      flatPlan('市场水价', 'water', 'water', '4.150000'),
    ],
    buildings: Array.from(buildings, (name) => ({
      name,
      readingIntervalS: READING_INTERVAL_S,
      settlementPeriod: 'each_reading',
    })),
    stalls,
    accounts: openAccounts(stalls, options.seed),
  };
}

function flatPlan(
  name: string,
  kind: 'electricity' | 'water',
  part: string,
  price: string,
): Site['pricePlans'][number] {
  const rule = { kind: 'flat', parts: [{ name: part, price }] } as const;
  return { name, kind, marketDefault: true, versions: [{ validFrom: '2019-12-31T16:00:00.000Z', rule }] };
}

function wholeMarket(seed: number): SiteStall[] {
  const stalls: SiteStall[] = [];
  const numbers = new Map<string, number>();
  for (const trade of TRADES) {
    for (let nth = 0; nth < trade.stalls; nth++) {
      const number = (numbers.get(trade.hall) ?? 0) + 1;
      numbers.set(trade.hall, number);
      stalls.push(stall(seed, `${trade.hall}-${digits(number, 3)}`, trade, nth, stalls.length));
    }
  }
  return stalls;
}

/** Evenly spaced, so that a small market has the whole one's mix of trades. */
function sample(stalls: readonly SiteStall[], wanted = stalls.length): readonly SiteStall[] {
  if (wanted >= stalls.length) return stalls;
  return stalls.filter(
    (_, i) => Math.floor(((i + 1) * wanted) / stalls.length) > Math.floor((i * wanted) / stalls.length),
  );
}

function stall(seed: number, code: string, trade: Trade, nthOfType: number, index: number): SiteStall {
  const { building, stallType } = trade;
  const areaCentiM2 =
    stallType === 'cold_store' ? drawInt(3000, 9000, seed, code, 'area') : drawInt(600, 2400, seed, code, 'area');
  const meters = [electricityMeter(seed, stallType, nthOfType, index)];
  if (hasWater(stallType, nthOfType)) meters.push(waterMeter(seed, index));
  return {
    code,
    building,
    stallType,
    areaM2: `${Math.floor(areaCentiM2 / 100)}.${String(areaCentiM2 % 100).padStart(2, '0')}`,
    protected: stallType === 'cold_store' && nthOfType % 3 === 0,
    meters,
  };
}

function electricityMeter(seed: number, stallType: StallType, nthOfType: number, index: number): SiteMeter {
  return {
    kind: 'electricity',
    model: THREE_PHASE.has(stallType) ? 'DTSY1352-NK' : 'DDSY1352-NK',
    serial: `2406${digits(seed, 3)}${digits(index + 1, 5)}`,
    ctRatio: ctRatioOf(stallType, nthOfType),
    link: 'acrel4g',
    linkKey: `124061${digits(seed, 3)}${digits(index + 1, 5)}`,
    busAddress: '1',
  };
}

/** Large loads are measured through current transformers: every second cold store. */
function ctRatioOf(stallType: StallType, nthOfType: number): number {
  if (stallType !== 'cold_store' || nthOfType % 2 === 0) return 1;
  return [20, 30, 40, 50][(nthOfType >> 1) % 4] ?? 20;
}

function hasWater(stallType: StallType, nthOfType: number): boolean {
  if (stallType === 'cold_store') return false;
  if (stallType !== 'dry_goods') return true;
  const { taps, stalls } = DRY_GOODS_WITH_WATER;
  return Math.floor(((nthOfType + 1) * taps) / stalls) > Math.floor((nthOfType * taps) / stalls);
}

function waterMeter(seed: number, index: number): SiteMeter {
  const address = `780417${digits(seed, 3)}${digits(index + 1, 5)}`;
  return {
    kind: 'water',
    model: 'NB-WATER-15',
    serial: address,
    ctRatio: 1,
    link: 'nb',
    linkKey: `${PRODUCT_ID}/${drawHex(32, seed, address, 'device')}`,
    busAddress: address,
  };
}

const digits = (value: number, length: number): string => String(value % 10 ** length).padStart(length, '0');

/** One account a stall; now and then a trader holds two or three neighbouring stalls of one trade. */
function openAccounts(stalls: readonly SiteStall[], seed: number): SiteAccount[] {
  const occupied = stalls.filter((_, i) => i % VACANT_EVERY !== VACANT_EVERY / 2);
  const accounts: SiteAccount[] = [];
  for (let at = 0; at < occupied.length; ) {
    const number = accounts.length + 1;
    const wanted = number % 40 === 0 ? 3 : number % 12 === 0 ? 2 : 1;
    const first = occupied[at];
    const held = occupied.slice(at, at + wanted).filter((s) => s.stallType === first?.stallType);
    accounts.push(account(seed, number, held));
    at += held.length;
  }
  return accounts;
}

function account(seed: number, number: number, stalls: readonly SiteStall[]): SiteAccount {
  const label = digits(number, 4);
  return {
    number: `Z${label}`,
    customerName: `商户 ${label}`,
    phone: drawChance(850, seed, label, 'phone') ? `1390000${label}` : null,
    creditLimitFen: drawChance(50, seed, label, 'credit') ? 5000 : 0,
    openingBalanceFen: openingBalanceFen(seed, number, label),
    stalls: stalls.map((s) => s.code),
  };
}

/** Mostly 50–800 yuan; every 20th account is close to its end, so that the first cuts come soon. */
function openingBalanceFen(seed: number, number: number, label: string): number {
  if (number % 20 === 7) return drawOne([20, 50, 90, 130, 199], seed, label, 'low');
  return drawInt(5_000, 80_000, seed, label, 'opening');
}
