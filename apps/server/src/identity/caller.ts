import type { Caller } from '@openprepay/contract';
import type { OperatorRow } from './store.ts';

/** An operator as the guard and the handlers know him. */
export function callerOf(row: OperatorRow): Caller {
  const { operatorId, login, name, role, scope, mustChangePassword, hasSecondFactor, needsSecondFactor } = row;
  const mustFirst = mustChangePassword ? 'password' : needsSecondFactor && !hasSecondFactor ? 'second_factor' : null;
  return { operatorId, login, name, role, scope, mustFirst, hasSecondFactor };
}
