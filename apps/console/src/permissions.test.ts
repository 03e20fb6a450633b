import { type Role, routes } from '@openprepay/contract';
import { expect, test } from 'vitest';
import { may, type Permission, ROLES_OF } from './permissions.ts';

const permissions = Object.keys(ROLES_OF) as Permission[];

test('the console grants what the contract grants, and nothing else', () => {
  for (const name of permissions) expect(ROLES_OF[name]).toEqual(routes[name].roles);
});

test('an auditor changes nothing, a cashier only sells, a technician does not touch money', () => {
  const grants = (role: Role) => permissions.filter((name) => may(role, name));
  expect(grants('auditor')).toEqual(['unclaimedDevices', 'collectorSessions', 'meterSettings']);
  expect(grants('technician')).toEqual(
    permissions.filter(
      (name) => !['topUp', 'releaseHold', 'correctReading', 'liftLockout', 'cutSite', 'createStall'].includes(name),
    ),
  );
  expect(grants('cashier')).toEqual(['topUp']);
  expect(grants('admin')).toEqual(permissions);
  expect(permissions.filter((name) => may(undefined, name))).toEqual([]);
});
