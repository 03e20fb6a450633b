import { createHash, randomBytes } from 'node:crypto';
import type { Operator, Role } from '@openprepay/contract';
import { type Clock, systemClock, uuidV7 } from '@openprepay/kernel';
import type { Context } from '../platform/context.ts';
import type { Database, Queryable } from '../platform/database.ts';
import { INSTALLATION, recordAudit } from './audit.ts';
import { identityError } from './errors.ts';
import { hashPassword, newPassword, verifyPassword } from './passwords.ts';
import {
  deleteSession,
  findByLogin,
  findBySession,
  insertFirstOperator,
  insertOperator,
  insertSession,
  type OperatorRow,
  replacePassword,
} from './store.ts';
import { newThrottle } from './throttle.ts';

export interface FirstAdmin {
  readonly login: string;
  readonly password: string;
}

export interface Session {
  readonly operator: Operator;
  readonly token: string;
  readonly expiresAt: Date;
}

const FIRST_LOGIN = 'admin';
const SESSION_HOURS = 12;
const TOKEN_BYTES = 32;

const guesses = newThrottle({
  maxFailures: 10,
  windowMs: 5 * 60_000,
  maxKeys: 10_000,
  now: () => performance.now(),
});

/** Makes the first operator of an empty installation. @returns his password, known only now; null when there is one */
export async function ensureFirstAdmin(ctx: Context): Promise<FirstAdmin | null> {
  const [any] = await ctx.db.query('select 1 from operator limit 1');
  if (any) return null;
  const at = ctx.clock.now();
  const password = newPassword();
  const operator = { operatorId: uuidV7(at), login: FIRST_LOGIN, name: FIRST_LOGIN, role: 'admin' } as const;
  const isMade = await insertFirstOperator(ctx.db, {
    ...operator,
    passwordHash: await hashPassword(password),
    createdAt: at,
  });
  return isMade ? { login: FIRST_LOGIN, password } : null;
}

/**
 * Gives an operator who lost his password a new one, and ends his sessions. For the command line: whoever may run it on
 * this machine holds the data anyway.
 * @returns the password, known only now
 * @throws identity.no_such_operator
 */
export async function renewPassword(db: Database, clock: Clock, login: string): Promise<string> {
  const password = newPassword();
  const passwordHash = await hashPassword(password);
  await db.tx(async (tx) => {
    const found = await findByLogin(tx, login);
    if (!found) throw identityError('identity.no_such_operator', `no operator signs in as ${login}`);
    await replacePassword(tx, found.operatorId, passwordHash);
    await recordAudit(tx, {
      at: clock.now(),
      marketId: INSTALLATION,
      operatorId: null,
      action: 'identity.renew_password',
      subject: `operator:${found.operatorId}`,
    });
  });
  return password;
}

export interface NewOperator {
  readonly login: string;
  readonly name: string;
  readonly role: Role;
}

/** Letters, digits, dots, dashes and underscores, as people type them. */
const LOGIN = /^[A-Za-z0-9][A-Za-z0-9._-]{1,63}$/;
const MAX_NAME = 80;

/**
 * Makes an operator, for the command line.
 * @returns the password, known only now
 * @throws identity.bad_login, identity.login_taken
 */
export async function addOperator(db: Database, clock: Clock, { login, name, role }: NewOperator): Promise<string> {
  if (!LOGIN.test(login)) {
    throw identityError('identity.bad_login', 'a login is 2 to 64 letters, digits, dots, dashes and underscores');
  }
  if (name.trim() === '' || name.length > MAX_NAME) {
    throw identityError('identity.bad_login', `a name has 1 to ${MAX_NAME} characters`);
  }
  const at = clock.now();
  const password = newPassword();
  const passwordHash = await hashPassword(password);
  const operator = { operatorId: uuidV7(at), login, name, role };
  await db.tx(async (tx) => {
    const isMade = await insertOperator(tx, { ...operator, passwordHash, createdAt: at });
    if (!isMade) throw identityError('identity.login_taken', `somebody signs in as ${login} already`);
    await recordAudit(tx, {
      at,
      marketId: INSTALLATION,
      operatorId: null,
      action: 'identity.add_operator',
      subject: `operator:${operator.operatorId}`,
      after: { login, name, role },
    });
  });
  return password;
}

/** In whose name the command line does something. @throws identity.no_such_operator */
export async function operatorByLogin(db: Queryable, login: string): Promise<Operator> {
  const found = await findByLogin(db, login);
  if (!found) throw identityError('identity.no_such_operator', `no operator signs in as ${login}`);
  return operatorOfRow(found);
}

/**
 * Opens a session. People live by real time even where a demonstration's market runs faster, so a session's end is
 * counted on the real clock.
 * @throws identity.wrong_credentials, identity.too_many_failures
 */
export async function signIn(
  ctx: Context,
  credentials: { readonly login: string; readonly password: string },
  remote: string,
  realClock: Clock = systemClock,
): Promise<Session> {
  const key = `${remote} ${credentials.login}`;
  if (guesses.isBlocked(key)) {
    throw identityError('identity.too_many_failures', 'too many wrong passwords; try again in a few minutes');
  }
  const found = await findByLogin(ctx.db, credentials.login);
  if (!(await verifyPassword(found?.passwordHash ?? null, credentials.password)) || !found) {
    guesses.fail(key);
    ctx.log.warn({ login: credentials.login, remote }, 'sign-in refused');
    throw identityError('identity.wrong_credentials', 'login or password is wrong');
  }
  guesses.succeed(key);
  const token = randomBytes(TOKEN_BYTES).toString('base64url');
  const createdAt = realClock.now();
  const expiresAt = new Date(createdAt.getTime() + SESSION_HOURS * 3_600_000);
  const { operatorId } = found;
  await ctx.db.tx(async (tx) => {
    await insertSession(tx, { tokenHash: hashToken(token), operatorId, createdAt, expiresAt });
    await recordAudit(tx, {
      at: ctx.clock.now(),
      marketId: INSTALLATION,
      operatorId,
      action: 'identity.sign_in',
      subject: `operator:${operatorId}`,
      after: { remote },
    });
  });
  return { operator: operatorOfRow(found), token, expiresAt };
}

export async function signOut(ctx: Context, token: string): Promise<void> {
  await deleteSession(ctx.db, hashToken(token));
}

/** Whose session a token is; null where it is nobody's, or over. */
export async function operatorOf(
  ctx: Context,
  token: string,
  realClock: Clock = systemClock,
): Promise<Operator | null> {
  const row = await findBySession(ctx.db, hashToken(token), realClock.now());
  return row && operatorOfRow(row);
}

const hashToken = (token: string): Buffer => createHash('sha256').update(token).digest();

const operatorOfRow = ({ operatorId, login, name, role }: OperatorRow): Operator => ({ operatorId, login, name, role });
