import type { Site } from '../site.ts';

type SiteMeter = Site['stalls'][number]['meters'][number];

export const electricityMeter = (serial: string): SiteMeter => ({
  kind: 'electricity',
  model: 'DDSY1352-NK',
  serial,
  ctRatio: 1,
  link: 'acrel4g',
  linkKey: `modem-${serial}`,
  busAddress: '1',
});

export const waterMeter = (serial: string): SiteMeter => ({
  kind: 'water',
  model: 'NB-WATER-15',
  serial,
  ctRatio: 1,
  link: 'nb',
  linkKey: `product/${serial}`,
  busAddress: serial,
});

export interface TestStall {
  readonly code: string;
  readonly meters?: readonly SiteMeter[];
  /** Absent: nobody has the stall. */
  readonly balanceFen?: number;
  readonly creditLimitFen?: number;
  readonly protected?: boolean;
}

/** A market with one building and one account a stall, in the shape that is imported. */
export function testSite(stalls: readonly TestStall[], market: Partial<Site['market']> = {}): Site {
  return {
    market: {
      code: 'test',
      name: 'Test market',
      timeZone: 'Asia/Shanghai',
      finalNoticeWaitS: 0,
      lowBalanceFen: 2_000,
      ...market,
    },
    nbProducts: [
      {
        platform: 'ctwing',
        productId: `product-${market.code ?? 'test'}`,
        baseUrl: 'http://127.0.0.1:1',
        appKey: 'key',
        appSecret: 'secret',
        masterKey: 'master',
        pushToken: `push-token-of-${market.code ?? 'test'}`,
        allowedSources: ['127.0.0.1'],
      },
    ],
    pricePlans: [
      {
        name: 'electricity',
        kind: 'electricity',
        marketDefault: true,
        versions: [
          {
            validFrom: '2020-01-01T00:00:00.000Z',
            rule: { kind: 'flat', parts: [{ name: 'energy', price: '0.853200' }] },
          },
        ],
      },
    ],
    buildings: [{ name: 'Hall 1', readingIntervalS: 1800, settlementPeriod: 'each_reading' }],
    stalls: stalls.map((stall) => ({
      code: stall.code,
      building: 'Hall 1',
      stallType: 'fish',
      areaM2: '12.50',
      protected: stall.protected ?? false,
      meters: (stall.meters ?? [electricityMeter(`E-${stall.code}`)]).map((meter) => ({
        ...meter,
        linkKey:
          meter.link === 'nb' ? meter.linkKey.replace(/^[^/]+/, `product-${market.code ?? 'test'}`) : meter.linkKey,
      })),
    })),
    accounts: stalls
      .filter((stall) => stall.balanceFen !== undefined)
      .map((stall) => ({
        number: `A-${stall.code}`,
        customerName: `Trader ${stall.code}`,
        phone: '13900000001',
        creditLimitFen: stall.creditLimitFen ?? 0,
        openingBalanceFen: stall.balanceFen ?? 0,
        stalls: [stall.code],
      })),
  };
}
