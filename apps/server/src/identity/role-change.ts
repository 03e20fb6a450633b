import type { Role } from '@openprepay/contract';
import type { Tx } from '../platform/database.ts';
import { INSTALLATION, recordAudit } from './audit.ts';
import { identityError } from './errors.ts';
import { lockGroupAdmins, lockMember, type Member, updateRole } from './staff-store.ts';

/*
 * A role that one person alone may not give: asked for and agreed to by two who look after the whole group, wherever the
 * request is filed.
 */

/** @throws identity.no_such_operator, identity.same_role, identity.not_oneself */
async function lockChangeable(tx: Tx, operatorId: string, role: Role, people: readonly string[]): Promise<Member> {
  const member = await lockMember(tx, operatorId);
  if (!member || member.disabledAt !== null) {
    throw identityError('identity.no_such_operator', 'there is no such operator');
  }
  if (member.role === role) throw identityError('identity.same_role', 'this is the role already');
  if (people.includes(operatorId)) throw identityError('identity.not_oneself', 'nobody decides about his own role');
  return member;
}

/** @throws identity.beyond_own */
async function requireGroupAdmins(tx: Tx, people: readonly string[]): Promise<void> {
  const admins = await lockGroupAdmins(tx);
  if (!people.every((operatorId) => admins.includes(operatorId))) {
    throw identityError('identity.beyond_own', 'this is for those who look after the whole group');
  }
}

export async function prepareRoleChange(tx: Tx, operatorId: string, role: Role, requestedBy: string): Promise<Member> {
  await requireGroupAdmins(tx, [requestedBy]);
  return lockChangeable(tx, operatorId, role, [requestedBy]);
}

/** @throws identity.no_such_operator, identity.same_role, identity.beyond_own, identity.not_oneself, identity.last_admin */
export async function executeRoleChange(
  tx: Tx,
  change: { operatorId: string; role: Role; requestedBy: string; decidedBy: string; reason: string; at: Date },
): Promise<{ from: Role }> {
  const { operatorId, role, requestedBy, decidedBy, reason, at } = change;
  const people = [requestedBy, decidedBy];
  await requireGroupAdmins(tx, people);
  const before = await lockChangeable(tx, operatorId, role, people);
  await updateRole(tx, operatorId, role);
  await recordAudit(tx, {
    at,
    marketId: INSTALLATION,
    operatorId: decidedBy,
    action: 'identity.change_role',
    subject: `operator:${operatorId}`,
    reason,
    before: { role: before.role },
    after: { role, requestedBy },
  });
  return { from: before.role };
}
