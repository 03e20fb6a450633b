import { ROLES } from '@openprepay/contract';
import { expect, test } from 'vitest';
import { grantable, isRaised, ROLE_ORDER } from './roles.ts';

test('the roles are the contract’s, and a manager gives no key of a role above his', () => {
  expect(ROLE_ORDER).toEqual(ROLES);
  expect(grantable('admin')).toEqual(ROLES);
  expect(grantable('manager').filter(isRaised)).toEqual([]);
  expect(grantable('cashier')).toEqual([]);
});
