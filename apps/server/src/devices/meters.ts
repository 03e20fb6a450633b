import type { AuditAction, MeterUpdate, NewMeter, StartReading } from '@openprepay/contract';
import { uuidV7 } from '@openprepay/kernel';
import { recordAudit } from '../identity/audit.ts';
import type { Context } from '../platform/context.ts';
import type { Tx } from '../platform/database.ts';
import { closeBinding, mustBeFreeAt, mustNotBeAhead, openBindings, requireStall } from './bindings.ts';
import { mustBePossible } from './catalogue.ts';
import { devicesError } from './errors.ts';
import { mustBeOpen } from './places.ts';
import {
  enterAddresses,
  enterMeters,
  leaveAddress,
  lockRegister,
  type MeterToEnter,
  type RegisteredMeter,
  requireMeter,
  tellOfMeters,
} from './register.ts';
import { takeStart } from './start-reading.ts';

/** Who does something, and where. */
export interface Act {
  readonly marketId: string;
  readonly operatorId: string;
}

/**
 * Enters a meter into the register; it is bound nowhere yet.
 * @throws what `mustBePossible`, `mustBeOpen` and `enterMeters` throw
 */
export async function createMeter(ctx: Context, act: Act, given: NewMeter): Promise<string> {
  const at = ctx.clock.now();
  return ctx.db.tx(async (tx) => {
    await lockRegister(tx, act.marketId);
    const meter = await enterNew(tx, act, at, given);
    await tellOfMeters(tx, act.marketId, [meter.meterId]);
    return meter.meterId;
  });
}

/** As `createMeter`, inside an act that has locked the register and tells of it. */
export async function enterNew(tx: Tx, act: Act, at: Date, given: NewMeter): Promise<MeterToEnter> {
  mustBePossible(given);
  await mustBeOpen(tx, act.marketId, [given]);
  const meter = { ...given, meterId: uuidV7(at), access: given.access ?? {} };
  await enterMeters(tx, act.marketId, at, [meter]);
  await audit(tx, act, at, 'devices.create_meter', meter.meterId, { after: described(meter) });
  return meter;
}

/**
 * Changes how a meter is reached, or puts its serial right. Access values that are named are replaced.
 * @throws devices.no_such_meter, devices.meter_retired, devices.serial_in_use, devices.address_in_use, and what
 *   `mustBePossible` and `mustBeOpen` throw
 */
export async function updateMeter(ctx: Context, act: Act, meterId: string, change: MeterUpdate): Promise<void> {
  const at = ctx.clock.now();
  const { marketId } = act;
  await ctx.db.tx(async (tx) => {
    await lockRegister(tx, marketId);
    const before = await requireMeter(tx, marketId, meterId);
    const access = Object.fromEntries(
      Object.entries({ ...before.access, ...change.access }).filter(([, value]) => value !== ''),
    );
    const after = {
      ...before,
      serial: change.serial ?? before.serial,
      link: change.link ?? before.link,
      linkKey: change.linkKey ?? before.linkKey,
      busAddress: change.busAddress ?? before.busAddress,
      access,
    };
    mustBePossible(after);
    await mustBeOpen(tx, marketId, [after]);
    await mustBeFreeSerial(tx, marketId, after);
    if (addressOf(before) !== addressOf(after)) {
      await leaveAddress(tx, marketId, [meterId]);
      await enterAddresses(tx, marketId, [after]);
    }
    await tx.query(
      `update meter set serial = $3, link = $4, link_key = $5, bus_address = $6, access = $7
       where market_id = $1 and meter_id = $2`,
      [marketId, meterId, after.serial, after.link, after.linkKey, after.busAddress, JSON.stringify(access)],
    );
    await audit(tx, act, at, 'devices.update_meter', meterId, {
      reason: change.note ?? null,
      before: described(before),
      after: { ...described(after), accessChanged: Object.keys(change.access ?? {}).sort() },
    });
    await tellOfMeters(tx, marketId, [meterId]);
  });
}

const addressOf = ({ link, linkKey, busAddress }: MeterToEnter) => JSON.stringify([link, linkKey, busAddress]);

async function mustBeFreeSerial(tx: Tx, marketId: string, meter: MeterToEnter): Promise<void> {
  const [other] = await tx.query(
    'select 1 from meter where market_id = $1 and serial = $2 and retired_at is null and meter_id <> $3',
    [marketId, meter.serial, meter.meterId],
  );
  if (other) throw devicesError('devices.serial_in_use', `a meter ${meter.serial} is in the register already`);
}

export interface NewBinding {
  readonly meterId: string;
  readonly stallId: string;
  readonly at: Date | null;
  /** What it shows then; without it, use counts from its next reading on. */
  readonly start: StartReading | null;
}

/**
 * Binds a meter to a stall from a time on.
 * @throws devices.no_such_meter, devices.meter_retired, devices.no_such_stall, devices.in_future, devices.already_bound,
 *   devices.before_last_binding, and what readings refuses of the start reading
 */
export async function bindMeter(ctx: Context, act: Act, binding: NewBinding): Promise<void> {
  const now = ctx.clock.now();
  await ctx.db.tx(async (tx) => {
    await lockRegister(tx, act.marketId);
    const meter = await requireMeter(tx, act.marketId, binding.meterId);
    await bindTo(tx, act, now, meter, binding);
    await tellOfMeters(tx, act.marketId, [meter.meterId]);
  });
}

/** As `bindMeter`, inside an act that has locked the register and tells of it. */
export async function bindTo(
  tx: Tx,
  act: Act,
  now: Date,
  meter: RegisteredMeter,
  { stallId, at: from, start }: Omit<NewBinding, 'meterId'>,
): Promise<void> {
  const at = from ?? now;
  const { marketId } = act;
  const { meterId } = meter;
  const stall = await requireStall(tx, marketId, stallId);
  mustNotBeAhead(at, now);
  mustBeFreeAt(meter, at);
  await openBindings(tx, marketId, at, [{ meterId, stallId }]);
  if (start) await takeStart(tx, { ...act, meter, at, now, start, note: `at stall ${stall.code}` });
  await audit(tx, act, now, 'devices.bind_meter', meterId, { after: { stallId, stall: stall.code, at, start } });
}

/**
 * Takes a meter off its stall.
 * @throws devices.no_such_meter, devices.meter_retired, devices.in_future, devices.not_bound,
 *   devices.before_last_binding, devices.before_settled
 */
export async function unbindMeter(
  ctx: Context,
  act: Act,
  order: { readonly meterId: string; readonly at: Date | null; readonly note: string },
): Promise<void> {
  const now = ctx.clock.now();
  const at = order.at ?? now;
  await ctx.db.tx(async (tx) => {
    await lockRegister(tx, act.marketId);
    const meter = await requireMeter(tx, act.marketId, order.meterId);
    mustNotBeAhead(at, now);
    const { stallId } = await closeBinding(tx, act.marketId, meter, at);
    await audit(tx, act, now, 'devices.unbind_meter', meter.meterId, {
      reason: order.note,
      before: { stallId, since: meter.boundFrom },
      after: { at },
    });
    await tellOfMeters(tx, act.marketId, [meter.meterId]);
  });
}

/** A meter as the audit keeps it: which access values there are, never what they are. */
const described = ({ kind, model, serial, ctRatio, link, linkKey, busAddress, access }: MeterToEnter) => {
  return { kind, model, serial, ctRatio, link, linkKey, busAddress, accessKeys: Object.keys(access).sort() };
};

const audit = (
  tx: Tx,
  { marketId, operatorId }: Act,
  at: Date,
  action: AuditAction,
  meterId: string,
  said: { reason?: string | null; before?: unknown; after?: unknown },
) => recordAudit(tx, { marketId, operatorId, at, action, subject: `meter:${meterId}`, ...said });
