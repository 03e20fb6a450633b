import { uuidV7 } from '@openprepay/kernel';
import { enqueueSwitch, type Wanted } from '../../commands/index.ts';
import { saveNbProducts } from '../../devices/index.ts';
import type { Context } from '../../platform/context.ts';
import type { Database } from '../../platform/database.ts';

export const START = new Date('2026-03-02T02:00:00Z');
export const PRODUCT = '10053421';
export const PUSH_TOKEN = 'a-secret-path';

export interface TestMeter {
  readonly marketId: string;
  readonly meterId: string;
  readonly linkKey: string;
}

export interface TestMarket {
  readonly marketId: string;
  readonly electricity: readonly TestMeter[];
  readonly water: readonly TestMeter[];
}

/** CJ/T 188 address of the water meter with this index. */
export const waterAddress = (index: number): string => `7833${String(index + 1).padStart(10, '0')}`;

/** A market with one stall a meter, and an NB product whose platform is at `platformUrl`. */
export async function seedMarket(
  db: Database,
  counts: { electricity?: number; water?: number; platformUrl?: string; ctRatio?: number } = {},
): Promise<TestMarket> {
  const marketId = uuidV7(START);
  const buildingId = uuidV7(START);
  const code = marketId.slice(-8);
  await db.query('insert into market (market_id, code, name, created_at) values ($1, $2, $2, $3)', [
    marketId,
    code,
    START,
  ]);
  await db.query(`insert into building (market_id, building_id, name) values ($1, $2, 'A')`, [marketId, buildingId]);
  await saveNbProducts(db, marketId, [
    {
      platform: 'ctwing',
      productId: PRODUCT,
      baseUrl: counts.platformUrl ?? 'http://127.0.0.1:9',
      appKey: 'key',
      appSecret: 'secret',
      masterKey: 'master',
      pushToken: PUSH_TOKEN,
      allowedSources: ['127.0.0.1'],
    },
  ]);
  const add = async (link: 'acrel4g' | 'nb', index: number): Promise<TestMeter> => {
    const [meterId, stallId] = [uuidV7(START), uuidV7(START)];
    const isPower = link === 'acrel4g';
    const linkKey = isPower ? serialOf(marketId, index) : `${PRODUCT}/device-${code}-${index}`;
    const busAddress = isPower ? '1' : waterAddress(index);
    const model = isPower ? 'DDSY1352-NK' : 'NB-WATER-15';
    const kind = isPower ? 'electricity' : 'water';
    await db.query(
      `insert into stall (market_id, stall_id, building_id, code, stall_type) values ($1, $2, $3, $4, 'fish')`,
      [marketId, stallId, buildingId, `${link}-${index}`],
    );
    await db.query(
      `insert into meter (market_id, meter_id, kind, model, serial, ct_ratio, link, link_key, bus_address, installed_at)
       values ($1, $2, $3, $4, $5, $6, $7, $5, $8, $9)`,
      [marketId, meterId, kind, model, linkKey, counts.ctRatio ?? 1, link, busAddress, START],
    );
    await db.query(
      `insert into meter_binding (market_id, binding_id, meter_id, stall_id, from_at) values ($1, $2, $3, $4, $5)`,
      [marketId, uuidV7(START), meterId, stallId, START],
    );
    await db.query('insert into meter_state (market_id, meter_id) values ($1, $2)', [marketId, meterId]);
    await db.query('insert into device_directory values ($1, $2, $3, $4, $5)', [
      link,
      linkKey,
      busAddress,
      marketId,
      meterId,
    ]);
    return { marketId, meterId, linkKey };
  };
  const electricity: TestMeter[] = [];
  const water: TestMeter[] = [];
  for (let index = 0; index < (counts.electricity ?? 0); index++) electricity.push(await add('acrel4g', index));
  for (let index = 0; index < (counts.water ?? 0); index++) water.push(await add('nb', index));
  return { marketId, electricity, water };
}

const serialOf = (marketId: string, index: number): string =>
  `${Number.parseInt(marketId.slice(-6), 16)}`.padStart(8, '1') + String(index).padStart(6, '0');

let lastSeq = 0n;

/** What control does when it wants a meter on or off. @returns the command's id */
export async function order(
  ctx: Context,
  meter: TestMeter,
  wanted: Wanted,
  limitS = 172_800,
  dueAt = ctx.clock.now(),
): Promise<string> {
  const createdAt = ctx.clock.now();
  lastSeq += 1n;
  const wantedSeq = lastSeq;
  const ids = await ctx.db.tx((tx) =>
    enqueueSwitch(tx, [
      {
        marketId: meter.marketId,
        meterId: meter.meterId,
        wanted,
        wantedSeq,
        cause: 'test',
        operatorId: null,
        createdAt,
        dueAt,
        expiresAt: new Date(createdAt.getTime() + limitS * 1000),
      },
    ]),
  );
  return ids[0] ?? '';
}

export interface CommandNow {
  readonly state: string;
  readonly attempts: number;
  readonly outcome: string | null;
  readonly platform_ref: string | null;
}

export async function commandNow(db: Database, commandId: string): Promise<CommandNow> {
  const rows = await db.query<CommandNow & Record<string, unknown>>(
    'select state, attempts, outcome, platform_ref from command where command_id = $1',
    [commandId],
  );
  const [row] = rows;
  if (!row) throw new Error(`no command ${commandId}`);
  return row;
}

export async function exceptionsOf(db: Database, meter: TestMeter): Promise<string[]> {
  const rows = await db.query<{ kind: string }>(
    'select kind from device_exception where market_id = $1 and meter_id = $2 and closed_at is null',
    [meter.marketId, meter.meterId],
  );
  return rows.map((row) => row.kind);
}

export async function stateOf(db: Database, meter: TestMeter): Promise<Record<string, unknown>> {
  const rows = await db.query('select * from meter_state where market_id = $1 and meter_id = $2', [
    meter.marketId,
    meter.meterId,
  ]);
  return rows[0] ?? {};
}
