import { judgeSeries } from '@openprepay/domain';
import { recordAudit } from '../identity/audit.ts';
import type { Context } from '../platform/context.ts';
import type { Tx } from '../platform/database.ts';
import { readingsError } from './errors.ts';
import { closeHold, findHeld, type HeldReading, listSuspects, type Release, rejudge } from './hold-store.ts';
import { limitsOf } from './intake.ts';
import { lockMeters, openHolds, surroundings } from './store.ts';

/**
 * Releases a hold. Accepted, its reading counts; rejected, it is set aside. Then every other suspect reading of the
 * meter is judged again, for what it was measured against may have changed: it turns good, or the first that does not
 * is held. Settlement goes on by itself.
 * @throws readings.hold_not_found, readings.hold_released, readings.accept_would_decrease, readings.accept_in_future
 */
export async function releaseHold(ctx: Context, release: Release): Promise<void> {
  const { marketId, holdId } = release;
  const now = ctx.clock.now();
  await ctx.db.tx(async (tx) => {
    const found = await findHeld(tx, marketId, holdId);
    if (found === null) throw readingsError('readings.hold_not_found', 'this market has no such hold');
    // From here no reading of the meter comes in, and nobody else releases.
    await lockMeters(tx, marketId, [found.meterId]);
    const held = (await findHeld(tx, marketId, holdId)) ?? found;
    if (held.released) throw readingsError('readings.hold_released', 'this hold was released before');
    if (release.action === 'accept') await assertAcceptable(tx, marketId, held, now);
    await closeHold(tx, release, now);
    await judgeAgain(tx, marketId, held, now);
    await recordAudit(tx, {
      marketId,
      at: now,
      operatorId: release.operatorId,
      action: 'readings.release_hold',
      subject: `meter:${held.meterId}`,
      reason: release.note,
      before: { readAt: held.readAt, total: held.total, reason: held.reason },
      after: { holdId, action: release.action },
    });
    await tx.notify('readings', marketId);
    await tx.notify('grid', marketId);
  });
}

/** A reading that counts must neither lie ahead of now nor make the register fall on either side. */
async function assertAcceptable(tx: Tx, marketId: string, held: HeldReading, now: Date): Promise<void> {
  if (held.readAt > now) {
    throw readingsError('readings.accept_in_future', 'the time of this reading has not come yet', {
      readAt: held.readAt.toISOString(),
    });
  }
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

async function judgeAgain(tx: Tx, marketId: string, held: HeldReading, now: Date): Promise<void> {
  const suspects = await listSuspects(tx, marketId, held.meterId);
  const around = await surroundings(tx, marketId, suspects);
  const verdicts = judgeSeries(
    suspects,
    around.flatMap(({ good }) => good),
    limitsOf(held),
  ).map(({ reading, suspect }) => ({ ...reading, suspect }));
  await rejudge(tx, marketId, held.meterId, verdicts);
  const next = verdicts.flatMap(({ meterId, readAt, suspect }) =>
    suspect === null ? [] : [{ meterId, readAt, reason: suspect, openedAt: now }],
  );
  await openHolds(tx, marketId, next.slice(0, 1));
}
