import type { CtChange, FinalReading, Replacement, StartReading } from '@openprepay/contract';
import { assert, quantity } from '@openprepay/kernel';
import { carryControl } from '../control/carry.ts';
import {
  type Act,
  closeBinding,
  enterNew,
  lockRegister,
  mustBeFreeAt,
  mustNotBeAhead,
  openBindings,
  type RegisteredMeter,
  requireMeter,
  takeStart,
  tellOfMeters,
} from '../devices/index.ts';
import { recordAudit } from '../identity/audit.ts';
import type { Context } from '../platform/context.ts';
import type { Tx } from '../platform/database.ts';
import { lockMeters } from '../readings/index.ts';
import { registerText, turnoversAt } from '../readings/register-value.ts';
import { replacementError } from './errors.ts';
import { instantOfExchange, takeFinal } from './final-reading.ts';
import { retire } from './retire.ts';

export interface Replaced {
  readonly oldMeterId: string;
  readonly newMeterId: string;
  readonly at: Date;
}

/** One exchange as both ways of it need it. The meters are locked: no reading of them comes in while it is decided. */
interface Exchange {
  readonly act: Act;
  readonly now: Date;
  readonly old: RegisteredMeter;
  readonly at: Date | null;
  readonly final: FinalReading;
  readonly reason: 'replaced' | 'ct_changed';
  readonly note: string;
  /** Called when the old meter's address and serial are free. */
  readonly next: (tx: Tx, at: Date) => Promise<{ readonly meter: RegisteredMeter; readonly start: StartReading }>;
}

/**
 * Puts another device in a meter's place, in one transaction and at one instant.
 * @throws replacement.*, devices.no_such_meter, devices.meter_retired, devices.not_bound, devices.in_future,
 *   devices.before_last_binding, devices.before_settled, devices.already_bound, what `createMeter` throws of a new meter, and
 *   what readings refuses of the final and the start reading
 */
export async function replaceMeter(ctx: Context, act: Act, oldMeterId: string, order: Replacement): Promise<Replaced> {
  const now = ctx.clock.now();
  const { final, next, start, note } = order;
  return ctx.db.tx(async (tx) => {
    await lockRegister(tx, act.marketId);
    const old = await requireMeter(tx, act.marketId, oldMeterId);
    const spare = 'meterId' in next ? [await requireMeter(tx, act.marketId, next.meterId)] : [];
    await lockMeters(
      tx,
      act.marketId,
      [old, ...spare].map(({ meterId }) => meterId),
    );
    return exchange(tx, {
      act,
      now,
      old,
      final,
      note,
      reason: 'replaced',
      at: order.at === undefined ? null : new Date(order.at),
      next: async (inTx) => ({ meter: await nextMeter(inTx, act, now, old, next), start }),
    });
  });
}

async function nextMeter(
  tx: Tx,
  act: Act,
  now: Date,
  old: RegisteredMeter,
  next: Replacement['next'],
): Promise<RegisteredMeter> {
  const isKnown = 'meterId' in next;
  if (isKnown && next.meterId === old.meterId) {
    throw replacementError('replacement.same_meter', 'a meter does not replace itself');
  }
  const { meterId } = isKnown ? next : await enterNew(tx, act, now, next);
  const meter = await requireMeter(tx, act.marketId, meterId);
  if (meter.kind !== old.kind) {
    throw replacementError('replacement.other_kind', `a ${meter.kind} meter does not replace a ${old.kind} meter`);
  }
  const [used] = await tx.query('select 1 from meter_replacement where market_id = $1 and new_meter_id = $2', [
    act.marketId,
    meterId,
  ]);
  if (used)
    throw replacementError(
      'replacement.replaced_another',
      `meter ${meter.serial} took another’s place before: retire it and enter it anew`,
    );
  return meter;
}

/**
 * Goes on with another CT ratio: the device replaces itself, and shows after it what it showed before.
 * @throws replacement.same_ct, devices.no_ct_for_water, and what `replaceMeter` throws
 */
export async function changeCt(ctx: Context, act: Act, oldMeterId: string, order: CtChange): Promise<Replaced> {
  const now = ctx.clock.now();
  const { final, ctRatio, note } = order;
  return ctx.db.tx(async (tx) => {
    await lockRegister(tx, act.marketId);
    const old = await requireMeter(tx, act.marketId, oldMeterId);
    if (old.ctRatio === ctRatio) {
      throw replacementError('replacement.same_ct', `the ratio of meter ${old.serial} is ${ctRatio} already`);
    }
    await lockMeters(tx, act.marketId, [oldMeterId]);
    const { kind, model, serial, link, linkKey, busAddress, access } = old;
    return exchange(tx, {
      act,
      now,
      old,
      final,
      note,
      reason: 'ct_changed',
      at: order.at === undefined ? null : new Date(order.at),
      next: async (inTx, at) => {
        const same = { kind, model, serial, link, linkKey, busAddress, access, ctRatio };
        const { meterId } = await enterNew(inTx, act, now, same);
        return {
          meter: await requireMeter(inTx, act.marketId, meterId),
          start: await shownAt(inTx, act.marketId, old, at),
        };
      },
    });
  });
}

async function exchange(tx: Tx, { act, now, old, final, reason, note, ...rest }: Exchange): Promise<Replaced> {
  const { marketId, operatorId } = act;
  const at = await instantOfExchange(tx, marketId, old, { at: rest.at, now, final });
  mustNotBeAhead(at, now);
  const { stallId } = await closeBinding(tx, marketId, old, at);
  await takeFinal(tx, act, old, { at, now, final, note });
  await retire(tx, marketId, old.meterId, at);
  const { meter, start } = await rest.next(tx, at);
  mustBeFreeAt(meter, at);
  await openBindings(tx, marketId, at, [{ meterId: meter.meterId, stallId }]);
  await takeStart(tx, { ...act, meter, at, now, start, note });
  await carryControl(tx, marketId, old.meterId, meter.meterId);
  await tx.query(
    `insert into meter_replacement (market_id, old_meter_id, new_meter_id, at, reason, final_origin, operator_id, note)
     values ($1, $2, $3, $4, $5, $6, $7, $8)`,
    [marketId, old.meterId, meter.meterId, at, reason, final.origin, operatorId, note],
  );
  await recordAudit(tx, {
    ...act,
    at: now,
    action: reason === 'replaced' ? 'replacement.replace_meter' : 'replacement.change_ct',
    subject: `meter:${old.meterId}`,
    reason: note,
    before: { meterId: old.meterId, serial: old.serial, ctRatio: old.ctRatio, stallId },
    after: { meterId: meter.meterId, serial: meter.serial, ctRatio: meter.ctRatio, at, final: final.origin, start },
  });
  await tx.notify('readings', marketId);
  await tellOfMeters(tx, marketId, [old.meterId, meter.meterId]);
  return { oldMeterId: old.meterId, newMeterId: meter.meterId, at };
}

/** What the register of a meter showed at a reading of it, before CT. */
async function shownAt(tx: Tx, marketId: string, meter: RegisteredMeter, at: Date): Promise<StartReading> {
  const rows = await tx.query<{ total: bigint; tariffs: (bigint | null)[] | null; turnovers: number }>(
    'select total, tariffs, turnovers from reading where market_id = $1 and meter_id = $2 and read_at = $3',
    [marketId, meter.meterId, at],
  );
  const [reading] = rows;
  assert(reading, 'the old meter was read at the exchange', { meterId: meter.meterId, at });
  const shown = (total: bigint, turnovers: number) => registerText(meter, quantity(total), turnovers);
  return {
    value: shown(reading.total, reading.turnovers),
    ...(reading.tariffs && {
      tariffs: reading.tariffs.map((one) => (one === null ? null : shown(one, turnoversAt(meter, quantity(one))))),
    }),
  };
}
