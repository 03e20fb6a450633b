import type { NoticeStage, OverrideMode, ReportedSwitch } from '@openprepay/domain';
import { fen, uuidV7 } from '@openprepay/kernel';
import { meterModels } from '@openprepay/protocols';
import type { Queryable, Row } from '../platform/database.ts';
import type { MeterFacts, NoticeStep, WantedChange } from './plan.ts';

/** Which meters of a market: all, those of some accounts, or some. */
export interface ControlScope {
  readonly marketId: string;
  readonly accountIds?: readonly string[];
  readonly meterIds?: readonly string[];
}

interface FactsRow extends Row {
  meter_id: string;
  model: string;
  override: OverrideMode | null;
  override_until: Date | null;
  override_by: string | null;
  wanted: 'on' | 'off' | null;
  wanted_reason: string | null;
  wanted_seq: bigint | null;
  switch_state: ReportedSwitch | null;
  switch_at: Date | null;
  last_read_at: Date | null;
  protected: boolean | null;
  stall_type: string | null;
  account_id: string | null;
  account_state: 'prepared' | 'open' | 'closed';
  account_mode: 'prepaid' | 'postpaid';
  credit_limit_fen: bigint;
  balance_fen: bigint | null;
  stages: NoticeStage[] | null;
  delivered_ats: (Date | null)[] | null;
  last_command_id: string | null;
  last_command_ended_at: Date | null;
  has_queued_off: boolean | null;
  has_exception: boolean;
  emergency_fen: bigint;
  locked_out: boolean;
  not_open_is_off: boolean;
  final_notice_wait_s: number;
  stale_after_s: number;
  low_balance_fen: bigint;
  alarm_2_fen: bigint | null;
  alarm_rearm_fen: bigint;
  restore_minimum_fen: bigint;
  command_limit_s: number;
  reclose_per_s: number | null;
}

/**
 * The facts of every meter in scope, in one statement. Where a meter is and who holds a stall are found first and apart:
 * in one join of eleven tables a planner without statistics tries everything with everything. A meter's last command
 * is looked up only where it disagrees or may still be cut.
 * @param at business time: a credit limit may have ended by then
 */
export async function readFacts(db: Queryable, scope: ControlScope, at: Date): Promise<MeterFacts[]> {
  const rows = await db.query<FactsRow>(
    `with place as materialized (
       select binding.meter_id, binding.stall_id, stall.protected, stall.stall_type
       from meter_binding binding
       join stall on stall.market_id = binding.market_id and stall.stall_id = binding.stall_id
       where binding.market_id = $1 and binding.to_at is null
         and ($3::uuid[] is null or binding.meter_id = any($3))
     ), holder as materialized (
       select tenancy.stall_id, account.account_id, account.state as account_state, account.mode as account_mode,
              case when account.credit_limit_until <= $4 then 0 else account.credit_limit_fen end as credit_limit_fen,
              case when account.emergency_taken_at is null then 0 else account.emergency_limit_fen end as emergency_fen,
              purse.balance_fen
       from tenancy
       join account on account.market_id = tenancy.market_id and account.account_id = tenancy.account_id
       left join purse
         on purse.market_id = account.market_id and purse.account_id = account.account_id and purse.kind = 'utility'
       where tenancy.market_id = $1 and tenancy.to_at is null
         and ($2::uuid[] is null or tenancy.account_id = any($2))
         and ($3::uuid[] is null or tenancy.stall_id in (select stall_id from place))
     ), told as materialized (
       select account_id, array_agg(stage order by stage) as stages,
              array_agg(delivered_at order by stage) as delivered_ats
       from notice where market_id = $1 and closed_at is null group by account_id
     )
     select meter.meter_id, meter.model, control.override, control.override_until, control.override_by, control.wanted,
            control.wanted_reason, control.wanted_seq, state.switch_state, state.switch_at, state.last_read_at,
            place.protected, place.stall_type, holder.account_id, holder.account_state, holder.account_mode, holder.credit_limit_fen,
            holder.emergency_fen, holder.balance_fen, told.stages, told.delivered_ats,
            last_command.command_id as last_command_id, last_command.finished_at as last_command_ended_at,
            last_command.is_queued_off as has_queued_off,
            exists (select 1 from device_exception exception where exception.market_id = meter.market_id
              and exception.meter_id = meter.meter_id and exception.kind <> 'setting_not_confirmed'
              and exception.closed_at is null) as has_exception,
            control.lockout_at is not null or exists (select 1 from site_emergency emergency
              where emergency.market_id = meter.market_id and emergency.lifted_at is null) as locked_out,
            market.not_open_is_off, market.final_notice_wait_s, market.stale_after_s, market.low_balance_fen,
            market.alarm_2_fen, market.alarm_rearm_fen,
            market.restore_minimum_fen, market.command_limit_s, market.reclose_per_s
     from meter
     join market on market.market_id = meter.market_id
     left join meter_control control on control.market_id = meter.market_id and control.meter_id = meter.meter_id
     left join meter_state state on state.market_id = meter.market_id and state.meter_id = meter.meter_id
     left join place on place.meter_id = meter.meter_id
     left join holder on holder.stall_id = place.stall_id
     left join told on told.account_id = holder.account_id
     left join lateral (
       select command_id, finished_at, wanted = 'off' and command.state = 'queued' as is_queued_off from command
       where (control.wanted = 'off' or control.wanted <> state.switch_state)
         and command.market_id = meter.market_id and command.meter_id = meter.meter_id and command.kind = 'switch'
       order by created_at desc, finished_at desc nulls first limit 1) last_command on true
     where meter.market_id = $1 and meter.retired_at is null
       and ($2::uuid[] is null or holder.account_id is not null)
       and ($3::uuid[] is null or meter.meter_id = any($3))`,
    [scope.marketId, scope.accountIds ?? null, scope.meterIds ?? null, at],
  );
  return rows.map(factsOf);
}

function factsOf(row: FactsRow): MeterFacts {
  const notices = new Map<NoticeStage, { deliveredAt: Date | null }>();
  row.stages?.forEach((stage, n) => {
    notices.set(stage, { deliveredAt: row.delivered_ats?.[n] ?? null });
  });
  return {
    meterId: row.meter_id,
    switchKind: switchKindOf(row.model),
    overrideMode: row.override ?? 'auto',
    overrideUntil: row.override_until,
    overrideBy: row.override_by,
    lockedOut: row.locked_out,
    wanted: row.wanted,
    wantedReason: row.wanted_reason,
    wantedSeq: row.wanted_seq ?? 0n,
    reported: row.switch_state ?? 'unknown',
    reportedAt: row.switch_at,
    lastReadAt: row.last_read_at,
    protectedStall: row.protected ?? false,
    stallType: row.stall_type,
    account: row.account_id === null ? null : accountOf(row, row.account_id),
    notices,
    hasOpenCommand: row.last_command_id !== null && row.last_command_ended_at === null,
    hasQueuedOff: row.has_queued_off ?? false,
    hasOpenException: row.has_exception,
    lastCommandEndedAt: row.last_command_ended_at,
    market: {
      notOpenIsOff: row.not_open_is_off,
      finalNoticeWaitS: row.final_notice_wait_s,
      staleAfterS: row.stale_after_s,
      ladder: {
        lowBalanceFen: fen(row.low_balance_fen),
        alarm2Fen: row.alarm_2_fen === null ? null : fen(row.alarm_2_fen),
        rearmFen: fen(row.alarm_rearm_fen),
      },
      restoreMinimumFen: fen(row.restore_minimum_fen),
      commandLimitS: row.command_limit_s,
      reclosePerS: row.reclose_per_s,
    },
  };
}

/** A model that this program does not know is told all the same: it was given to it to be switched. */
const switchKindOf = (model: string): MeterFacts['switchKind'] => {
  const known = meterModels[model];
  return known ? known.switch : 'relay';
};

const accountOf = (row: FactsRow, accountId: string): MeterFacts['account'] => ({
  accountId,
  state: row.account_state,
  mode: row.account_mode,
  utilityFen: fen(row.balance_fen ?? 0n),
  creditLimitFen: fen(row.credit_limit_fen),
  emergencyLeftFen: fen(row.emergency_fen),
});

/** Makes sure each meter has its row and locks them in order of id, so that two evaluators never wait in a circle. */
export async function lockMeters(tx: Queryable, marketId: string, meterIds: readonly string[]): Promise<void> {
  await tx.query(
    `insert into meter_control (market_id, meter_id)
     select market_id, meter_id from meter where market_id = $1 and meter_id = any($2::uuid[])
     order by meter_id on conflict do nothing`,
    [marketId, meterIds],
  );
  await tx.query(
    `select meter_id from meter_control where market_id = $1 and meter_id = any($2::uuid[])
     order by meter_id for update`,
    [marketId, meterIds],
  );
}

export async function saveWanted(
  tx: Queryable,
  marketId: string,
  at: Date,
  changes: readonly WantedChange[],
): Promise<void> {
  await tx.query(
    `update meter_control control
     set wanted = given.wanted, wanted_reason = given.reason,
         wanted_at = case when given.is_switch then $2 else control.wanted_at end,
         wanted_seq = given.seq
     from unnest($3::uuid[], $4::text[], $5::text[], $6::boolean[], $7::bigint[])
       as given (meter_id, wanted, reason, is_switch, seq)
     where control.market_id = $1 and control.meter_id = given.meter_id`,
    [
      marketId,
      at,
      changes.map((change) => change.meterId),
      changes.map((change) => change.wanted),
      changes.map((change) => change.reason),
      changes.map((change) => change.isSwitch),
      changes.map((change) => change.wantedSeq),
    ],
  );
  const switches = changes.filter((change) => change.isSwitch);
  await tx.query(
    `insert into wanted_change (market_id, meter_id, wanted_seq, wanted, reason, at, operator_id, available_fen)
     select $1, meter_id, seq, wanted, reason, $2, operator_id, available_fen
     from unnest($3::uuid[], $4::bigint[], $5::text[], $6::text[], $7::uuid[], $8::bigint[])
       as given (meter_id, seq, wanted, reason, operator_id, available_fen)`,
    [
      marketId,
      at,
      switches.map((change) => change.meterId),
      switches.map((change) => change.wantedSeq),
      switches.map((change) => change.wanted),
      switches.map((change) => change.reason),
      switches.map((change) => change.operatorId),
      switches.map((change) => change.availableFen),
    ],
  );
}

/** A notice of the console is delivered by being there. An open one of the same stage stays as it was. */
export async function raiseNotices(
  tx: Queryable,
  marketId: string,
  at: Date,
  steps: readonly NoticeStep[],
): Promise<void> {
  const inOrder = steps.toSorted((a, b) => (a.accountId < b.accountId ? -1 : 1));
  await tx.query(
    `insert into notice (market_id, notice_id, account_id, stage, balance_fen, raised_at, channel, delivered_at)
     select $1, notice_id, account_id, stage, balance_fen, $2, 'console', $2
     from unnest($3::uuid[], $4::uuid[], $5::text[], $6::bigint[]) as given (notice_id, account_id, stage, balance_fen)
     on conflict (market_id, account_id, stage) where closed_at is null do nothing`,
    [
      marketId,
      at,
      inOrder.map(() => uuidV7(at)),
      inOrder.map((step) => step.accountId),
      inOrder.map((step) => step.stage),
      inOrder.map((step) => step.balanceFen),
    ],
  );
}

export async function closeNotices(
  tx: Queryable,
  marketId: string,
  at: Date,
  steps: readonly NoticeStep[],
): Promise<void> {
  await tx.query(
    `update notice set closed_at = $2
     from unnest($3::uuid[], $4::text[]) as given (account_id, stage)
     where notice.market_id = $1 and notice.account_id = given.account_id and notice.stage = given.stage
       and notice.closed_at is null`,
    [marketId, at, steps.map((step) => step.accountId), steps.map((step) => step.stage)],
  );
}

/** The meter is where it should be: nobody has to look after it any more. */
export async function closeExceptions(
  tx: Queryable,
  marketId: string,
  at: Date,
  meterIds: readonly string[],
): Promise<void> {
  await tx.query(
    `update device_exception set closed_at = $2
     where market_id = $1 and meter_id = any($3::uuid[]) and kind <> 'setting_not_confirmed' and closed_at is null`,
    [marketId, at, meterIds],
  );
}

export interface OverrideRow {
  readonly override: OverrideMode;
  readonly reason: string | null;
  readonly by: string | null;
  readonly at: Date;
  readonly until: Date | null;
}

export interface Lockout {
  readonly reason: string;
  readonly by: string;
  readonly at: Date;
}

interface ControlRow extends OverrideRow {
  readonly model: string;
  readonly lockoutReason: string | null;
  readonly lockoutBy: string | null;
  readonly lockoutAt: Date | null;
}

/** What people ordered of a meter, under its lock; null where the market has no such meter. */
export async function lockOverride(tx: Queryable, marketId: string, meterId: string): Promise<ControlRow | null> {
  await lockMeters(tx, marketId, [meterId]);
  const rows = await tx.query<Row & ControlRow>(
    `select override, override_reason as reason, override_by as by, override_at as at, override_until as until,
            model, lockout_reason as "lockoutReason", lockout_by as "lockoutBy", lockout_at as "lockoutAt"
     from meter_control join meter using (market_id, meter_id)
     where market_id = $1 and meter_id = $2 and meter.retired_at is null`,
    [marketId, meterId],
  );
  return rows[0] ?? null;
}

export async function saveOverride(
  tx: Queryable,
  marketId: string,
  meterIds: readonly string[],
  row: OverrideRow,
): Promise<void> {
  await tx.query(
    `update meter_control
     set override = $3, override_reason = $4, override_by = $5, override_at = $6, override_until = $7
     where market_id = $1 and meter_id = any($2::uuid[])`,
    [marketId, meterIds, row.override, row.reason, row.by, row.at, row.until],
  );
}

export async function listMarketIds(db: Queryable): Promise<string[]> {
  const rows = await db.query<{ market_id: string }>('select market_id from market order by market_id');
  return rows.map((row) => row.market_id);
}

export async function saveLockout(
  tx: Queryable,
  marketId: string,
  meterId: string,
  lockout: Lockout | null,
): Promise<void> {
  await tx.query(
    `update meter_control set lockout_reason = $3, lockout_by = $4, lockout_at = $5
     where market_id = $1 and meter_id = $2`,
    [marketId, meterId, lockout?.reason ?? null, lockout?.by ?? null, lockout?.at ?? null],
  );
}
