import type { Site } from './site.ts';

/** The serial number that a simulated meter has where nobody says another. */
export const FIRST_SERIAL = '20260300000001';
const STALL = 'A-001';

/** A site with one single-phase electricity meter on its own 4G modem, for an installation that knows nothing of it yet. */
export function oneMeterSite(serial: string): Site {
  return {
    market: { code: 'one-meter', name: 'one meter', timeZone: 'Asia/Shanghai', finalNoticeWaitS: 0, lowBalanceFen: 0 },
    nbProducts: [],
    pricePlans: [],
    buildings: [{ name: 'A', readingIntervalS: 1_800, settlementPeriod: 'each_reading' }],
    stalls: [
      {
        code: STALL,
        building: 'A',
        stallType: 'general',
        areaM2: '10.00',
        protected: false,
        meters: [
          {
            kind: 'electricity',
            model: 'DDSY1352-NK',
            serial,
            ctRatio: 1,
            link: 'acrel4g',
            linkKey: serial,
            busAddress: '1',
          },
        ],
      },
    ],
    // Somebody uses it: a meter at a vacant stall runs idle.
    accounts: [
      { number: '1', customerName: 'one', phone: null, creditLimitFen: 0, openingBalanceFen: 0, stalls: [STALL] },
    ],
  };
}
