import type { AccountCard, StallMeter, StallMeters } from '@openprepay/contract';
import { accountTerms, currentStalls, preparedStalls } from '../accounts/index.ts';
import type { Queryable } from '../platform/database.ts';
import { pursesOf } from './statement.ts';

/** An account with what it holds and what it has. @throws accounts.not_found */
export async function accountCard(db: Queryable, marketId: string, accountId: string): Promise<AccountCard> {
  const terms = await accountTerms(db, marketId, accountId);
  const stallIds =
    terms.state === 'prepared'
      ? await preparedStalls(db, marketId, accountId)
      : (await currentStalls(db, marketId, accountId)).map(({ stallId }) => stallId);
  return {
    ...terms,
    purses: await pursesOf(db, marketId, accountId),
    stalls: await stallsWithMeters(db, marketId, 'stall.stall_id = any($2::uuid[])', [stallIds]),
    plans: await plansOf(db, marketId),
  };
}

const plansOf = (db: Queryable, marketId: string): Promise<AccountCard['plans']> =>
  db.query(
    `select plan_id as "planId", kind, name, market_default as "marketDefault" from price_plan
     where market_id = $1 order by kind, name`,
    [marketId],
  );

export const vacantStalls = (
  db: Queryable,
  marketId: string,
  buildingIds: readonly string[] | null = null,
): Promise<StallMeters[]> =>
  stallsWithMeters(
    db,
    marketId,
    `not exists (select from tenancy
                 where tenancy.market_id = $1 and tenancy.stall_id = stall.stall_id and tenancy.to_at is null)
     and ($2::uuid[] is null or stall.building_id = any($2))`,
    [buildingIds],
  );

type MeterColumns = Omit<StallMeter, 'meterId' | 'lastReadAt' | 'lastTotal'> & {
  readonly stallId: string;
  readonly code: string;
  readonly building: string;
  readonly meterId: string | null;
  readonly lastReadAt: Date | null;
  readonly lastTotal: bigint | null;
} & Record<string, unknown>;

async function stallsWithMeters(
  db: Queryable,
  marketId: string,
  which: string,
  values: readonly unknown[],
): Promise<StallMeters[]> {
  const rows = await db.query<MeterColumns>(
    `select stall.stall_id as "stallId", stall.code, building.name as building, meter.meter_id as "meterId", meter.serial,
            meter.kind, meter.ct_ratio as "ctRatio", state.last_read_at as "lastReadAt", reading.total as "lastTotal",
            hold.hold_id is not null as "onHold"
     from stall
     join building on building.market_id = $1 and building.building_id = stall.building_id
     left join meter_binding binding
       on binding.market_id = $1 and binding.stall_id = stall.stall_id and binding.to_at is null
     left join meter on meter.market_id = $1 and meter.meter_id = binding.meter_id
     left join meter_state state on state.market_id = $1 and state.meter_id = meter.meter_id
     left join reading on reading.market_id = $1 and reading.meter_id = meter.meter_id and reading.read_at = state.last_read_at
     left join hold on hold.market_id = $1 and hold.meter_id = meter.meter_id and hold.released_at is null
     where stall.market_id = $1 and ${which}
     order by stall.code, meter.kind, meter.serial`,
    [marketId, ...values],
  );
  return [...Map.groupBy(rows, ({ stallId }) => stallId)].map(([stallId, [first, ...others]]) => ({
    stallId,
    code: first?.code ?? '',
    building: first?.building ?? '',
    meters: (first ? [first, ...others] : []).flatMap(meterOf),
  }));
}

const meterOf = ({ meterId, serial, kind, ctRatio, lastReadAt, lastTotal, onHold }: MeterColumns): StallMeter[] =>
  meterId === null
    ? []
    : [
        {
          meterId,
          serial,
          kind,
          ctRatio,
          lastReadAt: lastReadAt?.toISOString() ?? null,
          lastTotal: lastTotal === null ? null : Number(lastTotal),
          onHold,
        },
      ];
