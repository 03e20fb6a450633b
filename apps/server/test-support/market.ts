import { fen, type MeterKind, quantity, uuidV7 } from '@openprepay/kernel';
import { openAccounts } from '../src/accounts/index.ts';
import type { Database } from '../src/platform/database.ts';
import { createPlans } from '../src/prices/index.ts';
import type { LiveOrigin, MeterReport } from '../src/readings/index.ts';

export const START = new Date('2026-03-02T00:00:00Z');
export const MINUTE_MS = 60_000;

/** So many minutes after the market began. */
export const minute = (minutes: number) => new Date(START.getTime() + minutes * MINUTE_MS);

export interface TestMeter {
  readonly meterId: string;
  readonly stallId: string;
  readonly accountId: string;
}

export interface TestMarket {
  readonly marketId: string;
  readonly planId: string;
  readonly kind: MeterKind;
  readonly meters: readonly TestMeter[];
}

export interface MarketOptions {
  readonly meters?: number;
  readonly kind?: MeterKind;
  readonly settlementPeriod?: string;
  /** Prices by the minute they begin to hold. */
  readonly prices?: readonly (readonly [fromMinute: number, price: string])[];
}

const at = (count: number) => Array.from({ length: count }, (_, index) => index);

/** A market that opened at START: so many stalls, each with one meter and an open account. */
export async function seedMarket(db: Database, options: MarketOptions = {}): Promise<TestMarket> {
  const { kind = 'electricity', settlementPeriod = 'each_reading', prices = [[0, '0.853200']] } = options;
  const id = () => uuidV7(START);
  const marketId = id();
  const planId = id();
  const buildingId = id();
  const meters = at(options.meters ?? 1).map(() => ({ meterId: id(), stallId: id(), accountId: id() }));
  const serials = at(meters.length).map((index) => `S${index}`);
  const meterIds = meters.map((meter) => meter.meterId);
  const stallIds = meters.map((meter) => meter.stallId);
  await db.tx(async (tx) => {
    await tx.query(`insert into market (market_id, code, name, created_at) values ($1, $2, 'Market', $3)`, [
      marketId,
      marketId,
      START,
    ]);
    await tx.query(
      `insert into building (market_id, building_id, name, settlement_period) values ($1, $2, 'Hall', $3)`,
      [marketId, buildingId, settlementPeriod],
    );
    await tx.query(
      `insert into stall (market_id, stall_id, building_id, code, stall_type)
       select $1, stall_id, $2, code, 'meat' from unnest($3::uuid[], $4::text[]) as t (stall_id, code)`,
      [marketId, buildingId, stallIds, serials],
    );
    await tx.query(
      `insert into meter (market_id, meter_id, kind, model, serial, link, link_key, bus_address, installed_at)
       select $1, meter_id, $2, $3, serial, 'acrel4g', serial, '1', $6 from unnest($4::uuid[], $5::text[]) as t (meter_id, serial)`,
      [marketId, kind, MODEL[kind], meterIds, serials, START],
    );
    await tx.query(
      `insert into meter_binding (market_id, binding_id, meter_id, stall_id, from_at)
       select $1, binding_id, meter_id, stall_id, $2
       from unnest($3::uuid[], $4::uuid[], $5::uuid[]) as t (binding_id, meter_id, stall_id)`,
      [marketId, START, meters.map(id), meterIds, stallIds],
    );
    const versions = prices.map(([from, price]) => ({ validFrom: minute(from), rule: flatRule(price) }));
    await createPlans(tx, marketId, [{ planId, kind, name: 'standard', marketDefault: true, versions }]);
    await openAccounts(tx, marketId, START, meters.map(accountOf));
  });
  return { marketId, planId, kind, meters };
}

export const flatRule = (price: string) => ({ kind: 'flat', parts: [{ name: 'energy', price }] });

const accountOf = ({ accountId, stallId }: TestMeter, index: number) => ({
  accountId,
  number: `A${index}`,
  customerName: `商户 ${index}`,
  phone: null,
  creditLimitFen: fen(0),
  stallIds: [stallId],
});

const MODEL: Readonly<Record<MeterKind, string>> = { electricity: 'DDSY1352-NK', water: 'NB-WATER-15' };

export interface ReportOptions {
  readonly receivedAt?: Date;
  readonly origin?: LiveOrigin;
  readonly switchState?: MeterReport['switchState'];
  readonly frame?: Uint8Array;
}

/** What a meter of the market shows at a minute. */
export function reportOf(
  market: TestMarket,
  meterId: string,
  minutes: number,
  total: bigint | number,
  options: ReportOptions = {},
): MeterReport {
  const readAt = minute(minutes);
  return {
    marketId: market.marketId,
    meterId,
    kind: market.kind,
    model: MODEL[market.kind],
    ctRatio: 1,
    receivedAt: options.receivedAt ?? readAt,
    frame: options.frame ? { protocol: 'acrel4g', bytes: options.frame } : null,
    reading: {
      readAt,
      total: quantity(total),
      tariffs: [1n, null, 2n, null, null],
      origin: options.origin ?? 'pushed',
    },
    switchState: options.switchState ?? null,
  };
}
