import type { Caller, Session as ShownSession } from '@openprepay/contract';
import { type Clock, systemClock, uuidV7 } from '@openprepay/kernel';
import type { Context } from '../platform/context.ts';
import type { Tx } from '../platform/database.ts';
import { INSTALLATION, recordAudit } from './audit.ts';
import { callerOf } from './caller.ts';
import { identityError } from './errors.ts';
import { attempt } from './lockout.ts';
import { verifyPassword } from './passwords.ts';
import { acceptCode } from './second-factor.ts';
import {
  deleteOneSession,
  deleteSession,
  deleteTicket,
  extendSession,
  findByLogin,
  findBySession,
  findByTicket,
  insertSession,
  insertTicket,
  type OperatorRow,
  selectSessions,
  signedInBy,
} from './store.ts';
import { newThrottle } from './throttle.ts';
import { hashToken, newToken } from './tokens.ts';

export interface Session {
  readonly operator: Caller;
  readonly token: string;
  readonly expiresAt: Date;
}

const SESSION_HOURS = 12;
const TICKET_MS = 5 * 60_000;

const guesses = newThrottle({
  maxFailures: 10,
  windowMs: 5 * 60_000,
  maxKeys: 10_000,
  now: () => performance.now(),
});

/** How somebody proved who he is; stands in the audit. */
type Method = 'password' | 'issuer' | 'code' | 'recovery_code';

/**
 * Opens a session, or asks for the second step. People live by real time even where a demonstration's market runs faster, so
 * a session's end is counted on the real clock.
 * @returns a ticket for `signInCode` where the operator has a second factor
 * @throws identity.wrong_credentials, identity.too_many_failures
 */
export async function signIn(
  ctx: Context,
  credentials: { readonly login: string; readonly password: string },
  remote: string,
  realClock: Clock = systemClock,
): Promise<Session | { readonly ticket: string }> {
  const key = `${remote} ${credentials.login}`;
  if (guesses.isBlocked(key)) {
    throw identityError('identity.too_many_failures', 'too many wrong passwords; try again in a few minutes');
  }
  const now = realClock.now();
  const found = await findByLogin(ctx.db, credentials.login);
  const fits = found
    ? await attempt(ctx, found.operatorId, now, async () =>
        (await verifyPassword(found.passwordHash, credentials.password)) ? true : null,
      )
    : null;
  if (!found || !fits) {
    guesses.fail(key);
    ctx.log.warn({ login: credentials.login, remote }, 'sign-in refused');
    throw identityError('identity.wrong_credentials', 'login or password is wrong, or it is locked for a while');
  }
  guesses.succeed(key);
  const opening = { remote, method: 'password', now, issuer: null } as const;
  return found.hasSecondFactor ? openTicket(ctx, found, opening) : openSession(ctx, found, opening);
}

/** What `signInCode` takes beside a code. */
export async function openTicket(
  ctx: Context,
  { operatorId }: OperatorRow,
  { now, issuer }: Pick<Opening, 'now' | 'issuer'>,
): Promise<{ readonly ticket: string }> {
  const ticket = newToken();
  const expiresAt = new Date(now.getTime() + TICKET_MS);
  await insertTicket(ctx.db, { ticketHash: hashToken(ticket), operatorId, issuer, expiresAt });
  return { ticket };
}

/**
 * The second step: a code of the app, or a recovery code.
 * @throws identity.ticket_over, identity.wrong_code, identity.factor_unreadable
 */
export async function signInCode(
  ctx: Context,
  { ticket, code }: { readonly ticket: string; readonly code: string },
  remote: string,
  realClock: Clock = systemClock,
): Promise<Session> {
  const now = realClock.now();
  const ticketHash = hashToken(ticket);
  const found = await findByTicket(ctx.db, ticketHash, now);
  if (!found) throw identityError('identity.ticket_over', 'this took too long: sign in again');
  const { operatorId, issuer } = found;
  const method = await attempt(ctx, operatorId, now, () => ctx.db.tx((tx) => acceptCode(tx, operatorId, code, now)));
  if (method === null) {
    ctx.log.warn({ login: found.login, remote }, 'code refused');
    throw identityError('identity.wrong_code', 'this code is wrong or was used');
  }
  return openSession(ctx, found, { remote, method, now, issuer, ticketHash });
}

interface Opening {
  readonly remote: string;
  readonly method: Method;
  readonly now: Date;
  /** The identity provider by whose word it is; null for a password. */
  readonly issuer: string | null;
  readonly ticketHash?: Uint8Array;
}

/** @throws identity.ticket_over */
export async function openSession(ctx: Context, found: OperatorRow, opening: Opening): Promise<Session> {
  const { remote, method, now, issuer, ticketHash } = opening;
  const token = newToken();
  const expiresAt = new Date(now.getTime() + SESSION_HOURS * 3_600_000);
  const { operatorId } = found;
  await ctx.db.tx(async (tx) => {
    if (ticketHash && !(await deleteTicket(tx, ticketHash))) {
      throw identityError('identity.ticket_over', 'this was used already: sign in again');
    }
    const sessionId = uuidV7(now);
    const session = { sessionId, operatorId, remote, issuer, createdAt: now, expiresAt };
    await insertSession(tx, { tokenHash: hashToken(token), ...session });
    await auditSignIn(tx, ctx, operatorId, { remote, method, ...(issuer !== null && { issuer }) });
  });
  return { operator: callerOf(signedInBy(found, issuer)), token, expiresAt };
}

const auditSignIn = (
  tx: Tx,
  ctx: Context,
  operatorId: string,
  after: { remote: string; method: Method; issuer?: string },
) =>
  recordAudit(tx, {
    at: ctx.clock.now(),
    marketId: INSTALLATION,
    operatorId,
    action: 'identity.sign_in',
    subject: `operator:${operatorId}`,
    after,
  });

export async function signOut(ctx: Context, token: string): Promise<void> {
  await deleteSession(ctx.db, hashToken(token));
}

/** Whose session a token is; null where it is nobody's, or over. */
export async function operatorOf(ctx: Context, token: string, realClock: Clock = systemClock): Promise<Caller | null> {
  const row = await findBySession(ctx.db, hashToken(token), realClock.now());
  return row && callerOf(row);
}

export async function listSessions(
  ctx: Context,
  operatorId: string,
  token: string,
  realClock: Clock = systemClock,
): Promise<ShownSession[]> {
  const rows = await selectSessions(ctx.db, operatorId, hashToken(token), realClock.now());
  return rows.map((row) => ({
    ...row,
    createdAt: row.createdAt.toISOString(),
    expiresAt: row.expiresAt.toISOString(),
  }));
}

/** A session that is still good goes on for as long as a new one. @returns until when */
export async function keepSession(ctx: Context, token: string, realClock: Clock = systemClock): Promise<Date> {
  const now = realClock.now();
  const expiresAt = new Date(now.getTime() + SESSION_HOURS * 3_600_000);
  await extendSession(ctx.db, hashToken(token), now, expiresAt);
  return expiresAt;
}

export async function endOneSession(ctx: Context, operatorId: string, sessionId: string): Promise<void> {
  await deleteOneSession(ctx.db, operatorId, sessionId);
}
