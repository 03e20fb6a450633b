import type { Quantity } from '@openprepay/kernel';
import { recordAudit } from '../identity/audit.ts';
import type { Context } from '../platform/context.ts';
import type { Tx } from '../platform/database.ts';
import { readingsError } from './errors.ts';
import { fittingValue } from './fitting.ts';
import { closeHold, findHeld, type HeldReading, putValue } from './hold-store.ts';
import { storePhoto } from './photos.ts';
import { judgeAgain } from './rejudgement.ts';
import { lockMeters, surroundings } from './store.ts';

/** What a person decided about a held reading. */
export interface Release {
  readonly marketId: string;
  readonly holdId: string;
  readonly action: 'accept' | 'reject' | 'replace';
  readonly note: string;
  readonly operatorId: string;
  /** With replace: what the register showed, before CT, in whole Wh or litres. */
  readonly register?: bigint | null;
  readonly photo?: Uint8Array | null;
  /** The person has seen that it is more than the meter can have counted, and says it is so all the same. */
  readonly confirmJump?: boolean;
}

/**
 * Releases a hold. Accepted, its reading counts; rejected, it is set aside; replaced, a person's value counts in its
 * place and what the meter said stays beside it. Then every other suspect reading of the meter is judged again, for what
 * it was measured against may have changed: it turns good, or the first that does not is held. Who accepts a reading whose
 * clock was wrong accepts what else that clock stamped, as far as its values fit. Settlement goes on by itself.
 * @throws readings.hold_not_found, readings.hold_released, readings.accept_would_decrease, readings.accept_in_future,
 *   readings.value_missing, readings.beyond_register, readings.would_decrease, readings.confirm_jump, readings.not_a_photo
 */
export async function releaseHold(ctx: Context, release: Release): Promise<void> {
  const { marketId, holdId, action } = release;
  const now = ctx.clock.now();
  await ctx.db.tx(async (tx) => {
    const found = await findHeld(tx, marketId, holdId);
    if (found === null) throw readingsError('readings.hold_not_found', 'this market has no such hold');
    // From here no reading of the meter comes in, and nobody else releases.
    await lockMeters(tx, marketId, [found.meterId]);
    const held = (await findHeld(tx, marketId, holdId)) ?? found;
    if (held.released) throw readingsError('readings.hold_released', 'this hold was released before');
    if (action !== 'reject') assertPast(held, now);
    if (action === 'accept') await assertRises(tx, marketId, held);
    const total = action === 'replace' ? await replace(tx, held, release, now) : held.total;
    await closeHold(tx, release, now);
    await judgeAgain(tx, marketId, held, { ...release, now, clockAccepted: action === 'accept' && isOfClock(held) });
    await recordAudit(tx, {
      marketId,
      at: now,
      operatorId: release.operatorId,
      action: 'readings.release_hold',
      subject: `meter:${held.meterId}`,
      reason: release.note,
      before: { readAt: held.readAt, total: held.total, reason: held.reason },
      after: { holdId, action, ...(action === 'replace' ? { total } : {}) },
    });
    await tx.notify('readings', marketId);
    await tx.notify('grid', marketId);
  });
}

const isOfClock = ({ reason }: HeldReading) => reason === 'future_time' || reason === 'clock_drift';

/** A reading that counts must not lie ahead of now. */
function assertPast(held: HeldReading, now: Date): void {
  if (held.readAt <= now) return;
  throw readingsError('readings.accept_in_future', 'the time of this reading has not come yet', {
    readAt: held.readAt.toISOString(),
  });
}

/** Nor may it make the register fall on either side. */
async function assertRises(tx: Tx, marketId: string, held: HeldReading): Promise<void> {
  const [around] = await surroundings(tx, marketId, [held]);
  const misfit = around?.good.find((good) =>
    good.readAt < held.readAt ? good.total > held.total : good.total < held.total,
  );
  if (misfit) {
    throw readingsError('readings.accept_would_decrease', 'accepting this reading would make the register fall', {
      value: String(held.total),
      goodValue: String(misfit.total),
      goodAt: misfit.readAt.toISOString(),
    });
  }
}

async function replace(tx: Tx, held: HeldReading, release: Release, now: Date): Promise<Quantity> {
  const { marketId, register = null, photo = null, confirmJump = false } = release;
  if (register === null) throw readingsError('readings.value_missing', 'what did the register show?');
  const value = await fittingValue(tx, marketId, held, register, confirmJump);
  const photoId = await storePhoto(tx, marketId, photo, { operatorId: release.operatorId, at: now });
  await putValue(tx, marketId, held, { ...value, photoId }, release);
  return value.total;
}
