import type { AuditAction, Operator, Role } from '@openprepay/contract';
import { type Clock, uuidV7 } from '@openprepay/kernel';
import type { Context } from '../platform/context.ts';
import type { Database, Queryable } from '../platform/database.ts';
import { INSTALLATION, recordAudit } from './audit.ts';
import { identityError } from './errors.ts';
import { hashPassword, newPassword } from './passwords.ts';
import { removeSecondFactor } from './second-factor.ts';
import { findByLogin, insertFirstOperator, insertOperator, replacePassword } from './store.ts';

/*
 * What the start of the program and its command line do. Whoever may run it on this machine holds the data anyway.
 */

export interface FirstAdmin {
  readonly login: string;
  readonly password: string;
}

const FIRST_LOGIN = 'admin';
const WHOLE_GROUP = { kind: 'group' } as const;

/** Makes the first operator of an empty installation. @returns his password, known only now; null when there is one */
export async function ensureFirstAdmin(ctx: Context): Promise<FirstAdmin | null> {
  const [any] = await ctx.db.query('select 1 from operator limit 1');
  if (any) return null;
  const at = ctx.clock.now();
  const password = newPassword();
  const isMade = await insertFirstOperator(ctx.db, {
    operatorId: uuidV7(at),
    login: FIRST_LOGIN,
    name: FIRST_LOGIN,
    role: 'admin',
    scope: WHOLE_GROUP,
    passwordHash: await hashPassword(password),
    mustChangePassword: false,
    createdAt: at,
  });
  return isMade ? { login: FIRST_LOGIN, password } : null;
}

/**
 * Gives an operator who lost his password a new one, and ends his sessions and his lock-out.
 * @returns the password, known only now
 * @throws identity.no_such_operator
 */
export async function renewPassword(db: Database, clock: Clock, login: string): Promise<string> {
  const password = newPassword();
  const passwordHash = await hashPassword(password);
  await db.tx(async (tx) => {
    const { operatorId } = await operatorByLogin(tx, login);
    await replacePassword(tx, operatorId, passwordHash, { mustChange: false });
    await auditByNobody(tx, clock, 'identity.renew_password', operatorId);
  });
  return password;
}

/** For one who lost his phone and his recovery codes. @returns whether he had one @throws identity.no_such_operator */
export async function takeSecondFactor(db: Database, clock: Clock, login: string): Promise<boolean> {
  return db.tx(async (tx) => {
    const { operatorId } = await operatorByLogin(tx, login);
    if (!(await removeSecondFactor(tx, operatorId))) return false;
    await auditByNobody(tx, clock, 'identity.remove_second_factor', operatorId);
    return true;
  });
}

export interface NewOperator {
  readonly login: string;
  readonly name: string;
  readonly role: Role;
}

/** Letters, digits, dots, dashes and underscores, as people type them. */
const LOGIN = /^[A-Za-z0-9][A-Za-z0-9._-]{1,63}$/;
const MAX_NAME = 80;

/** @throws identity.bad_login */
export function requireGoodNames({ login, name }: { readonly login: string; readonly name: string }): void {
  if (!LOGIN.test(login)) {
    throw identityError('identity.bad_login', 'a login is 2 to 64 letters, digits, dots, dashes and underscores');
  }
  if (name.trim() === '' || name.length > MAX_NAME) {
    throw identityError('identity.bad_login', `a name has 1 to ${MAX_NAME} characters`);
  }
}

/**
 * Makes an operator of the whole group, for the command line.
 * @returns the password, known only now
 * @throws identity.bad_login, identity.login_taken
 */
export async function addOperator(db: Database, clock: Clock, operator: NewOperator): Promise<string> {
  requireGoodNames(operator);
  const { login, name, role } = operator;
  const at = clock.now();
  const password = newPassword();
  const passwordHash = await hashPassword(password);
  const operatorId = uuidV7(at);
  await db.tx(async (tx) => {
    const row = { operatorId, login, name, role, scope: WHOLE_GROUP, passwordHash, mustChangePassword: false };
    const isMade = await insertOperator(tx, { ...row, createdAt: at });
    if (!isMade) throw identityError('identity.login_taken', `somebody signs in as ${login} already`);
    await auditByNobody(tx, clock, 'identity.add_operator', operatorId, { login, name, role });
  });
  return password;
}

/** In whose name the command line does something. @throws identity.no_such_operator */
export async function operatorByLogin(db: Queryable, login: string): Promise<Operator> {
  const found = await findByLogin(db, login);
  if (!found) throw identityError('identity.no_such_operator', `no operator signs in as ${login}`);
  const { operatorId, name, role } = found;
  return { operatorId, login, name, role };
}

const auditByNobody = (tx: Queryable, clock: Clock, action: AuditAction, operatorId: string, after?: object) =>
  recordAudit(tx, {
    at: clock.now(),
    marketId: INSTALLATION,
    operatorId: null,
    action,
    subject: `operator:${operatorId}`,
    after,
  });
