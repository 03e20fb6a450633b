import type { MeterCard } from '@openprepay/contract';
import type { Queryable, Row } from '../platform/database.ts';
import { devicesError } from './errors.ts';
import { findMeterRow } from './register-page.ts';

type Binding = MeterCard['bindings'][number];
type Replacement = MeterCard['replacements'][number];
type Own = Pick<MeterCard, 'accessKeys' | 'gatewayName' | 'iccid' | 'firmware'> & {
  wakeExpectedAt: Date | null;
  switchAt: Date | null;
  clockCheckedAt: Date | null;
};

/**
 * One meter with everything about it that does not move from minute to minute.
 * @throws devices.no_such_meter
 */
export async function readMeterCard(db: Queryable, marketId: string, meterId: string): Promise<MeterCard> {
  const row = await findMeterRow(db, marketId, meterId);
  const own = row && (await readOwn(db, marketId, meterId));
  if (!row || !own) throw devicesError('devices.no_such_meter', `no meter ${meterId} in this market`);
  return {
    ...row,
    ...own,
    wakeExpectedAt: own.wakeExpectedAt?.toISOString() ?? null,
    switchAt: own.switchAt?.toISOString() ?? null,
    clockCheckedAt: own.clockCheckedAt?.toISOString() ?? null,
    bindings: await listBindings(db, marketId, meterId),
    replacements: await listChain(db, marketId, meterId),
  };
}

async function readOwn(db: Queryable, marketId: string, meterId: string): Promise<Own | null> {
  const rows = await db.query<Own & Row>(
    `select array(select jsonb_object_keys(meter.access) order by 1) as "accessKeys", gateway.name as "gatewayName",
            state.iccid, state.firmware, state.wake_expected_at as "wakeExpectedAt", state.switch_at as "switchAt",
            state.clock_checked_at as "clockCheckedAt"
     from meter
     left join meter_state state on state.market_id = meter.market_id and state.meter_id = meter.meter_id
     left join gateway on gateway.link = meter.link and gateway.link_key = meter.link_key
                      and gateway.market_id = meter.market_id
     where meter.market_id = $1 and meter.meter_id = $2`,
    [marketId, meterId],
  );
  return rows[0] ?? null;
}

async function listBindings(db: Queryable, marketId: string, meterId: string): Promise<Binding[]> {
  const rows = await db.query<Omit<Binding, 'fromAt' | 'toAt'> & { fromAt: Date; toAt: Date | null }>(
    `select binding.binding_id as "bindingId", stall.stall_id as "stallId", stall.code as "stallCode",
            building.name as building, binding.from_at as "fromAt", binding.to_at as "toAt"
     from meter_binding binding
     join stall on stall.market_id = binding.market_id and stall.stall_id = binding.stall_id
     join building on building.market_id = stall.market_id and building.building_id = stall.building_id
     where binding.market_id = $1 and binding.meter_id = $2
     order by binding.from_at desc`,
    [marketId, meterId],
  );
  return rows.map((row) => ({ ...row, fromAt: row.fromAt.toISOString(), toAt: row.toAt?.toISOString() ?? null }));
}

/** Every exchange in the chain of devices that this one stands in, before it and after it. */
async function listChain(db: Queryable, marketId: string, meterId: string): Promise<Replacement[]> {
  const rows = await db.query<Omit<Replacement, 'at'> & { at: Date }>(
    `with recursive before as (
       select * from meter_replacement where market_id = $1 and new_meter_id = $2
       union
       select earlier.* from meter_replacement earlier
       join before on earlier.market_id = $1 and earlier.new_meter_id = before.old_meter_id
     ), after as (
       select * from meter_replacement where market_id = $1 and old_meter_id = $2
       union
       select later.* from meter_replacement later
       join after on later.market_id = $1 and later.old_meter_id = after.new_meter_id)
     select chain.at, chain.reason, chain.final_origin as "finalOrigin",
            chain.old_meter_id as "oldMeterId", old.serial as "oldSerial", old.ct_ratio as "oldCtRatio",
            chain.new_meter_id as "newMeterId", new.serial as "newSerial", new.ct_ratio as "newCtRatio",
            operator.name as "operatorName", chain.note
     from (select * from before union select * from after) chain
     join meter old on old.market_id = $1 and old.meter_id = chain.old_meter_id
     join meter new on new.market_id = $1 and new.meter_id = chain.new_meter_id
     left join operator on operator.operator_id = chain.operator_id
     order by chain.at`,
    [marketId, meterId],
  );
  return rows.map((row) => ({ ...row, at: row.at.toISOString() }));
}
