import type { AuditAction } from '@openprepay/contract';
import { Secret, TOTP } from 'otpauth';
import type { Context } from '../platform/context.ts';
import type { Queryable, Tx } from '../platform/database.ts';
import { INSTALLATION, recordAudit } from './audit.ts';
import { identityError } from './errors.ts';
import { newPassword } from './passwords.ts';
import { hashToken } from './tokens.ts';

/** RFC 6238 as the usual apps have it: SHA-1, six digits, 30 s. */
const PERIOD_S = 30;
/** One step either way, for phones whose clock is off. */
const WINDOW = 1;
const SECRET_BYTES = 20;
const ISSUER = 'OpenPrepay';
const RECOVERY_CODES = 10;

const totpOf = (secret: string, login: string) =>
  new TOTP({ issuer: ISSUER, label: login, secret: Secret.fromBase32(secret), period: PERIOD_S, digits: 6 });

/** @returns the time step whose code it is; null where it is no code of now */
function stepOf(secret: string, code: string, now: Date): number | null {
  const timestamp = now.getTime();
  const delta = totpOf(secret, '').validate({ token: code, timestamp, window: WINDOW });
  return delta === null ? null : Math.floor(timestamp / 1_000 / PERIOD_S) + delta;
}

/** Sealed, so that a copy of the database holds nobody's second factor. */
const aboutTotp = (operatorId: string) => `totp of operator ${operatorId}`;

/** As people type them: with or without dashes, in any case, with spaces. */
const plain = (code: string) => code.toLowerCase().replace(/[^a-z0-9]/g, '');

/**
 * Takes a code of the app or a recovery code, each once.
 * @returns which it was; null where it is wrong, or was used
 * @throws identity.factor_unreadable
 */
export async function acceptCode(
  tx: Tx,
  operatorId: string,
  code: string,
  now: Date,
): Promise<'code' | 'recovery_code' | null> {
  const typed = plain(code);
  if (/^\d{6}$/.test(typed)) return (await acceptStep(tx, operatorId, typed, now, 'confirmed')) ? 'code' : null;
  const rows = await tx.query(
    `update recovery_code set used_at = $3 where operator_id = $1 and code_hash = $2 and used_at is null returning 1`,
    [operatorId, hashToken(typed), now],
  );
  return rows.length === 1 ? 'recovery_code' : null;
}

async function acceptStep(
  tx: Queryable,
  operatorId: string,
  code: string,
  now: Date,
  state: 'confirmed' | 'begun',
): Promise<boolean> {
  const [row] = await tx.query<{ secret: string | null }>(
    `select totp_secret as secret from operator
     where operator_id = $1 and (totp_confirmed_at is not null) = $2`,
    [operatorId, state === 'confirmed'],
  );
  if (!row?.secret) return false;
  const secret = tx.vault.open(row.secret, aboutTotp(operatorId));
  if (secret === null) {
    throw identityError(
      'identity.factor_unreadable',
      'its secret was sealed with a key that this installation has no more',
    );
  }
  const step = stepOf(secret, code, now);
  if (step === null) return false;
  // A code that was seen is worth nothing any more, nor is one from before it.
  const rows = await tx.query(
    `update operator set totp_last_step = $2, totp_confirmed_at = coalesce(totp_confirmed_at, $3)
     where operator_id = $1 and coalesce(totp_last_step, 0) < $2 returning 1`,
    [operatorId, step, now],
  );
  return rows.length === 1;
}

/** A new secret, which holds once a first code of it is confirmed. @throws identity.second_factor_there */
export async function enrol(ctx: Context, operatorId: string): Promise<{ secret: string; uri: string }> {
  const secret = new Secret({ size: SECRET_BYTES }).base32;
  const [row] = await ctx.db.query<{ login: string }>(
    `update operator set totp_secret = $2, totp_last_step = null
     where operator_id = $1 and totp_confirmed_at is null returning login`,
    [operatorId, ctx.db.vault.seal(secret, aboutTotp(operatorId))],
  );
  if (!row) throw identityError('identity.second_factor_there', 'a second factor is set up already');
  return { secret, uri: totpOf(secret, row.login).toString() };
}

/** @returns the recovery codes, known only now; null where the code is wrong */
export async function confirm(ctx: Context, operatorId: string, code: string, now: Date): Promise<string[] | null> {
  return ctx.db.tx(async (tx) => {
    if (!(await acceptStep(tx, operatorId, plain(code), now, 'begun'))) return null;
    await audit(tx, ctx, operatorId, 'identity.set_up_second_factor');
    return replaceRecoveryCodes(tx, operatorId);
  });
}

/** @returns the new codes, known only now @throws identity.no_second_factor */
export async function renewRecoveryCodes(ctx: Context, operatorId: string): Promise<string[]> {
  return ctx.db.tx(async (tx) => {
    const [row] = await tx.query('select 1 from operator where operator_id = $1 and totp_confirmed_at is not null', [
      operatorId,
    ]);
    if (!row) throw identityError('identity.no_second_factor', 'there is no second factor');
    await audit(tx, ctx, operatorId, 'identity.renew_recovery_codes');
    return replaceRecoveryCodes(tx, operatorId);
  });
}

async function replaceRecoveryCodes(tx: Tx, operatorId: string): Promise<string[]> {
  const codes = Array.from({ length: RECOVERY_CODES }, () => newPassword());
  await tx.query('delete from recovery_code where operator_id = $1', [operatorId]);
  await tx.query('insert into recovery_code (operator_id, code_hash) select $1, * from unnest($2::bytea[])', [
    operatorId,
    codes.map((code) => hashToken(plain(code))),
  ]);
  return codes;
}

/** @returns whether there was one */
export async function removeSecondFactor(tx: Queryable, operatorId: string): Promise<boolean> {
  await tx.query('delete from recovery_code where operator_id = $1', [operatorId]);
  const rows = await tx.query(
    `update operator set totp_secret = null, totp_confirmed_at = null, totp_last_step = null
     where operator_id = $1 and totp_confirmed_at is not null returning 1`,
    [operatorId],
  );
  return rows.length === 1;
}

export async function secondFactorOf(
  db: Queryable,
  operatorId: string,
): Promise<{ confirmed: boolean; recoveryCodesLeft: number }> {
  const [row] = await db.query<{ confirmed: boolean; recoveryCodesLeft: number }>(
    `select totp_confirmed_at is not null as confirmed,
            (select count(*)::int from recovery_code code where code.operator_id = $1 and used_at is null) as "recoveryCodesLeft"
     from operator where operator_id = $1`,
    [operatorId],
  );
  return row ?? { confirmed: false, recoveryCodesLeft: 0 };
}

const audit = (tx: Tx, ctx: Context, operatorId: string, action: AuditAction) =>
  recordAudit(tx, {
    at: ctx.clock.now(),
    marketId: INSTALLATION,
    operatorId,
    action,
    subject: `operator:${operatorId}`,
  });
