import { uuidV7 } from '@openprepay/kernel';
import type { Database } from '../apps/server/src/platform/database.ts';
import { createPlans } from '../apps/server/src/prices/index.ts';

export const FIRST_READING = new Date('2026-03-02T00:00:00Z');
const SLOT_MS = 1_800_000;

/** When the meters are read for the nth time after the first. */
export const slotAt = (round: number): Date => new Date(FIRST_READING.getTime() + round * SLOT_MS);

const calendar = {
  dayTables: {
    normal: [
      { from: '00:00', to: '08:00', tariff: 'valley' },
      { from: '08:00', to: '24:00', tariff: 'peak' },
    ],
  },
  seasons: [{ from: '01-01', to: '12-31', weekday: 'normal' }],
};
const price = (name: string, value: string) => [{ name, price: value }];
const RULES = [
  { kind: 'flat', parts: [...price('energy', '0.803217'), ...price('loss', '0.05')] },
  {
    kind: 'tou',
    by: 'registers',
    calendar,
    prices: { peak: price('energy', '1.023457'), valley: price('energy', '0.384321') },
  },
  {
    kind: 'steps',
    period: 'month',
    steps: [
      { upTo: 3_000, parts: price('energy', '0.512345') },
      { upTo: 6_000, parts: price('energy', '0.562345') },
      { parts: price('energy', '0.812345') },
    ],
  },
];

/** A market of so many stalls, each with a meter and an open account: flat, times of use by registers, and steps by turns. */
export async function seedSettleMarket(db: Database, code: string, accounts: number): Promise<string> {
  const id = () => uuidV7(FIRST_READING);
  const [marketId, buildingId] = [id(), id()];
  const plans = RULES.map((rule) => ({ planId: id(), rule }));
  const versions = (rule: unknown) => [{ validFrom: new Date('2026-01-01T00:00:00Z'), rule }];
  await db.query(`insert into market (market_id, code, name, created_at) values ($1, $2, $2, $3)`, [
    marketId,
    code,
    FIRST_READING,
  ]);
  await db.query(`insert into building (market_id, building_id, name) values ($1, $2, 'hall')`, [marketId, buildingId]);
  await createPlans(
    db,
    marketId,
    plans.map(({ planId, rule }) => {
      return {
        planId,
        kind: 'electricity',
        name: rule.kind,
        marketDefault: rule.kind === 'flat',
        versions: versions(rule),
      };
    }),
  );
  const ids = Array.from({ length: accounts }, id);
  const lists = [ids, Array.from({ length: accounts }, id), Array.from({ length: accounts }, id)];
  const insert = (into: string, columns: string, more: readonly unknown[]) =>
    db.query(
      `insert into ${into} select $1, ${columns}
       from unnest($2::uuid[], $3::uuid[], $4::uuid[]) with ordinality as t (stall_id, meter_id, account_id, n)`,
      [marketId, ...lists, ...more],
    );
  await insert(
    'stall (market_id, stall_id, building_id, code, stall_type)',
    `stall_id, $5::uuid, lpad(n::text, 6, '0'), 'meat'`,
    [buildingId],
  );
  await insert(
    'meter (market_id, meter_id, kind, model, serial, link, link_key, bus_address, installed_at)',
    `meter_id, 'electricity', 'DDSY1352-NK', n::text, 'acrel4g', n::text, '1', $5::timestamptz`,
    [FIRST_READING],
  );
  await insert(
    'meter_binding (market_id, binding_id, meter_id, stall_id, from_at)',
    'meter_id, meter_id, stall_id, $5::timestamptz',
    [FIRST_READING],
  );
  await insert(
    'account (market_id, account_id, number, customer_name, state, electricity_plan_id, opened_at)',
    `account_id, n::text, n::text, 'open', ($5::uuid[])[1 + n % 3], $6::timestamptz`,
    [plans.map(({ planId }) => planId), FIRST_READING],
  );
  await insert(
    'tenancy (market_id, tenancy_id, account_id, stall_id, from_at)',
    'account_id, account_id, stall_id, $5::timestamptz',
    [FIRST_READING],
  );
  await insert('meter_state (market_id, meter_id)', 'meter_id', []);
  // As after the import of a site.
  await db.query('analyze');
  return marketId;
}

/** Reads every meter of a market once more: 100 to 999 Wh since the last time, the same of the same meter in every market. */
export async function readAll(db: Database, marketId: string, round: number): Promise<void> {
  await db.query(
    `insert into reading (market_id, meter_id, read_at, received_at, origin, total, tariffs, quality)
     select $1, meter.meter_id, $2, $2, 'scheduled', coalesce(last.total, 0) + use,
            array[null, coalesce(last.tariffs[2], 0) + use / 3, null, coalesce(last.tariffs[4], 0) + use - use / 3, null],
            'good'
     from meter
     left join reading last on last.market_id = $1 and last.meter_id = meter.meter_id and last.read_at = $3
     cross join lateral (select (100 + (serial::bigint * 7919 + $4::integer * 104729) % 900) as use) used
     where meter.market_id = $1`,
    [marketId, slotAt(round), slotAt(round - 1), round],
  );
  await db.query('update meter_state set last_read_at = $2 where market_id = $1', [marketId, slotAt(round)]);
}
