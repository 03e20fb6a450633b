import type { AuditAction, Caller, DataScope, Role } from '@openprepay/contract';
import { uuidV7 } from '@openprepay/kernel';
import type { Context } from '../platform/context.ts';
import type { Queryable, Tx } from '../platform/database.ts';
import { INSTALLATION, recordAudit } from './audit.ts';
import { identityError } from './errors.ts';
import { forgetFailures } from './lockout.ts';
import { hashPassword, newPassword } from './passwords.ts';
import { covers, isRaised } from './scope.ts';
import { removeSecondFactor } from './second-factor.ts';
import { requireGoodNames } from './service.ts';
import {
  isThere,
  lockGroupAdmins,
  lockMember,
  type Member,
  type PlaceRow,
  selectPlaces,
  updateMember,
  updateRole,
} from './staff-store.ts';
import { deleteSessions, insertOperator, replacePassword } from './store.ts';

/*
 * Looking after operators. Whoever does it sees and changes only those whose scope lies within his own; the others are not
 * there for him.
 */

/** The markets and buildings within a scope. */
export async function scopeChoices(db: Queryable, scope: DataScope): Promise<PlaceRow[]> {
  const places = await selectPlaces(db);
  return places.filter(({ marketId }) => covers(scope, { kind: 'markets', marketIds: [marketId] }));
}

/** @throws identity.beyond_own, identity.no_such_place */
export async function requireScope(db: Queryable, caller: Caller, scope: DataScope): Promise<void> {
  if (!covers(caller.scope, scope)) {
    throw identityError('identity.beyond_own', 'nobody gives more than he may see himself');
  }
  if (!(await isThere(db, scope))) {
    throw identityError('identity.no_such_place', 'there is no such market or building');
  }
}

interface NewStaff {
  readonly login: string;
  readonly name: string;
  readonly role: Role;
  readonly scope: DataScope;
}

/**
 * Makes an operator, who chooses a password of his own at the first sign-in.
 * @returns the password, known only now
 * @throws identity.bad_login, identity.login_taken, identity.beyond_own, identity.no_such_place,
 *   identity.second_person_needed
 */
export async function createStaff(ctx: Context, caller: Caller, one: NewStaff) {
  requireGoodNames(one);
  const { login, name, role, scope } = one;
  const at = ctx.clock.now();
  const operatorId = uuidV7(at);
  const password = newPassword();
  const passwordHash = await hashPassword(password);
  await ctx.db.tx(async (tx) => {
    await requireScope(tx, caller, scope);
    await requireAlone(tx, caller, role);
    const row = { operatorId, login, name, role, scope, passwordHash, mustChangePassword: true, createdAt: at };
    if (!(await insertOperator(tx, row))) {
      throw identityError('identity.login_taken', `somebody signs in as ${login} already`);
    }
    await audit(tx, ctx, caller, 'identity.add_operator', operatorId, { after: { login, name, role, scope } });
  });
  return { operatorId, password };
}

/** Nobody becomes group operator or finance by the hand of one, once there are two. @throws identity.second_person_needed */
async function requireAlone(tx: Tx, caller: Caller, role: Role): Promise<void> {
  if (!isRaised(role)) return;
  const admins = await lockGroupAdmins(tx);
  if (admins.some((operatorId) => operatorId !== caller.operatorId)) {
    throw identityError('identity.second_person_needed', 'a second group operator has to agree to this role');
  }
}

/** @throws identity.no_such_operator */
async function lockManageable(tx: Tx, caller: Caller, operatorId: string): Promise<Member> {
  const member = await lockMember(tx, operatorId);
  if (!member || !covers(caller.scope, member.scope)) {
    throw identityError('identity.no_such_operator', 'there is no such operator');
  }
  return member;
}

/** Without one nobody could make another. @throws identity.last_admin */
async function requireAnAdmin(tx: Tx): Promise<void> {
  if ((await lockGroupAdmins(tx)).length === 0) {
    throw identityError('identity.last_admin', 'somebody has to look after the operators');
  }
}

interface StaffChange {
  readonly name: string;
  readonly scope: DataScope;
  readonly disabled: boolean;
}

/**
 * @throws identity.no_such_operator, identity.not_oneself, identity.beyond_own, identity.no_such_place, identity.last_admin,
 *   identity.bad_login
 */
export async function updateStaff(ctx: Context, caller: Caller, operatorId: string, change: StaffChange) {
  const at = ctx.clock.now();
  await ctx.db.tx(async (tx) => {
    await lockGroupAdmins(tx);
    const { disabledAt, ...before } = await lockManageable(tx, caller, operatorId);
    const { name, scope, disabled } = change;
    requireGoodNames({ login: before.login, name });
    const isSame = covers(scope, before.scope) && covers(before.scope, scope) && !disabled;
    if (operatorId === caller.operatorId && !isSame) {
      throw identityError('identity.not_oneself', 'somebody else has to do this to you');
    }
    await requireScope(tx, caller, scope);
    await updateMember(tx, operatorId, { name, scope, disabledAt: disabled ? (disabledAt ?? at) : null });
    if (disabled) await deleteSessions(tx, operatorId);
    await requireAnAdmin(tx);
    await audit(tx, ctx, caller, 'identity.update_operator', operatorId, {
      before: { name: before.name, scope: before.scope, disabled: disabledAt !== null },
      after: { name, scope, disabled },
    });
  });
}

/**
 * Another role by one person alone.
 * @throws identity.no_such_operator, identity.not_oneself, identity.last_admin, identity.second_person_needed
 */
export async function changeRole(ctx: Context, caller: Caller, operatorId: string, role: Role): Promise<void> {
  await ctx.db.tx(async (tx) => {
    if (operatorId === caller.operatorId) {
      throw identityError('identity.not_oneself', 'somebody else has to do this to you');
    }
    await lockGroupAdmins(tx);
    await requireAlone(tx, caller, role);
    const before = await lockManageable(tx, caller, operatorId);
    if (before.role === role) return;
    await updateRole(tx, operatorId, role);
    await requireAnAdmin(tx);
    await audit(tx, ctx, caller, 'identity.change_role', operatorId, {
      before: { role: before.role },
      after: { role },
    });
  });
}

/** @returns the password, known only now @throws identity.no_such_operator, identity.not_oneself */
export async function resetPassword(ctx: Context, caller: Caller, operatorId: string) {
  const password = newPassword();
  const passwordHash = await hashPassword(password);
  await onOther(ctx, caller, operatorId, 'identity.reset_password', (tx) =>
    replacePassword(tx, operatorId, passwordHash, { mustChange: true }),
  );
  return { operatorId, password };
}

/** @throws identity.no_such_operator, identity.not_oneself, identity.no_second_factor */
export const resetSecondFactor = (ctx: Context, caller: Caller, operatorId: string): Promise<void> =>
  onOther(ctx, caller, operatorId, 'identity.remove_second_factor', async (tx) => {
    if (!(await removeSecondFactor(tx, operatorId))) {
      throw identityError('identity.no_second_factor', 'there is no second factor');
    }
  });

/** @throws identity.no_such_operator, identity.not_oneself */
export const endSessions = (ctx: Context, caller: Caller, operatorId: string): Promise<void> =>
  onOther(ctx, caller, operatorId, 'identity.end_sessions', (tx) => deleteSessions(tx, operatorId));

/** @throws identity.no_such_operator, identity.not_oneself */
export const unlock = (ctx: Context, caller: Caller, operatorId: string): Promise<void> =>
  onOther(ctx, caller, operatorId, 'identity.unlock', (tx) => forgetFailures(tx, operatorId));

interface Change {
  readonly before?: unknown;
  readonly after?: unknown;
}

/** One's own password and second factor are changed on one's own page, where the password is asked. */
export async function onOther(
  ctx: Context,
  caller: Caller,
  operatorId: string,
  action: AuditAction,
  work: (tx: Tx, note: (change: Change) => void) => Promise<void>,
): Promise<void> {
  if (operatorId === caller.operatorId) {
    throw identityError('identity.not_oneself', 'this is for others; your own account has a page of its own');
  }
  await ctx.db.tx(async (tx) => {
    await lockManageable(tx, caller, operatorId);
    let change: Change = {};
    await work(tx, (made) => {
      change = made;
    });
    await audit(tx, ctx, caller, action, operatorId, change);
  });
}

const audit = (tx: Tx, ctx: Context, caller: Caller, action: AuditAction, operatorId: string, change: Change) =>
  recordAudit(tx, {
    at: ctx.clock.now(),
    marketId: INSTALLATION,
    operatorId: caller.operatorId,
    action,
    subject: `operator:${operatorId}`,
    ...change,
  });
