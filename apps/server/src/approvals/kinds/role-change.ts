import { executeRoleChange, prepareRoleChange } from '../../identity/role-change.ts';
import type { ActOf, Kind } from '../types.ts';

/** An operator becomes group operator or finance: two who look after the whole group have to want it. */
export const roleChangeKind: Kind<ActOf<'role_change'>> = {
  requesters: ['admin'],
  deciders: ['admin'],
  async prepare(tx, { act, requestedBy }) {
    const { login, name, role } = await prepareRoleChange(tx, act.operatorId, act.role, requestedBy);
    return { subject: `operator:${act.operatorId}`, facts: { login, name, fromRole: role, toRole: act.role } };
  },
  async execute(tx, { act, requestedBy, decidedBy, reason, at }) {
    const { from } = await executeRoleChange(tx, { ...act, requestedBy, decidedBy, reason, at });
    return { fromRole: from };
  },
};
