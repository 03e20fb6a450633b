import { type Clock, systemClock } from '@openprepay/kernel';
import type { Context } from '../platform/context.ts';
import { INSTALLATION, recordAudit } from './audit.ts';
import { identityError } from './errors.ts';
import { attempt, forgetFailures } from './lockout.ts';
import { hashPassword, verifyPassword, weaknessOf } from './passwords.ts';
import { confirm, enrol, removeSecondFactor, renewRecoveryCodes } from './second-factor.ts';
import { findById, replacePassword } from './store.ts';
import { hashToken } from './tokens.ts';

/*
 * What an operator does to his own account. Whoever sits down at a screen that was left open is stopped by the password,
 * which is asked again.
 */

/** @throws identity.wrong_password, also while he is locked out */
async function requirePassword(ctx: Context, operatorId: string, password: string, now: Date): Promise<void> {
  const fits = await attempt(ctx, operatorId, now, async () => {
    const found = await findById(ctx.db, operatorId);
    return (await verifyPassword(found?.passwordHash ?? null, password)) ? true : null;
  });
  if (!fits) throw identityError('identity.wrong_password', 'the password is wrong, or it is locked for a while');
  await forgetFailures(ctx.db, operatorId);
}

interface PasswordChange {
  readonly operatorId: string;
  readonly login: string;
  readonly oldPassword: string;
  readonly newPassword: string;
  /** The session that asks; all others end. */
  readonly token: string;
}

/** @throws identity.wrong_password, identity.weak_password */
export async function changePassword(ctx: Context, change: PasswordChange, realClock: Clock = systemClock) {
  const { operatorId, login, oldPassword, newPassword, token } = change;
  await requirePassword(ctx, operatorId, oldPassword, realClock.now());
  const weakness = newPassword === oldPassword ? 'it is the old one' : weaknessOf(newPassword, login);
  if (weakness !== null) throw identityError('identity.weak_password', weakness);
  const passwordHash = await hashPassword(newPassword);
  await ctx.db.tx(async (tx) => {
    await replacePassword(tx, operatorId, passwordHash, { mustChange: false, keep: hashToken(token) });
    await recordAudit(tx, {
      at: ctx.clock.now(),
      marketId: INSTALLATION,
      operatorId,
      action: 'identity.change_password',
      subject: `operator:${operatorId}`,
    });
  });
}

/** @throws identity.wrong_password, identity.second_factor_there */
export async function enrolSecondFactor(
  ctx: Context,
  operatorId: string,
  password: string,
  realClock: Clock = systemClock,
) {
  await requirePassword(ctx, operatorId, password, realClock.now());
  return enrol(ctx, operatorId);
}

/** @returns the recovery codes, known only now @throws identity.wrong_code */
export async function confirmSecondFactor(
  ctx: Context,
  operatorId: string,
  code: string,
  realClock: Clock = systemClock,
): Promise<string[]> {
  const now = realClock.now();
  const codes = await attempt(ctx, operatorId, now, () => confirm(ctx, operatorId, code, now));
  if (codes === null) throw identityError('identity.wrong_code', 'this code is wrong or was used');
  await forgetFailures(ctx.db, operatorId);
  return codes;
}

/** @throws identity.wrong_password, identity.no_second_factor */
export async function newRecoveryCodes(
  ctx: Context,
  operatorId: string,
  password: string,
  realClock: Clock = systemClock,
): Promise<string[]> {
  await requirePassword(ctx, operatorId, password, realClock.now());
  return renewRecoveryCodes(ctx, operatorId);
}

/** @throws identity.wrong_password, identity.no_second_factor */
export async function dropSecondFactor(
  ctx: Context,
  operatorId: string,
  password: string,
  realClock: Clock = systemClock,
): Promise<void> {
  await requirePassword(ctx, operatorId, password, realClock.now());
  await ctx.db.tx(async (tx) => {
    if (!(await removeSecondFactor(tx, operatorId))) {
      throw identityError('identity.no_second_factor', 'there is no second factor');
    }
    await recordAudit(tx, {
      at: ctx.clock.now(),
      marketId: INSTALLATION,
      operatorId,
      action: 'identity.remove_second_factor',
      subject: `operator:${operatorId}`,
    });
  });
}
