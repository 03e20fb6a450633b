import { type Role, routes, scopeOf } from '@openprepay/contract';
import { expect, test } from 'vitest';
import { IN_BUILDINGS, may, type Permission, ROLES_OF } from './permissions.ts';

const permissions = Object.keys(ROLES_OF) as Permission[];
const MONEY: readonly string[] = [
  'topUp',
  'accounts',
  'proof',
  'charges',
  'notices',
  'receipts',
  'reprintReceipt',
  'reverseSale',
  'openShift',
  'shifts',
  'closeDay',
  'salesReport',
  'openAccounts',
  'importAccounts',
  'setCredit',
  'setMarketTerms',
  'releaseHold',
  'correctReading',
];

test('the console grants what the contract grants, and nothing else', () => {
  for (const name of permissions) expect(ROLES_OF[name]).toEqual(routes[name].roles);
  expect(permissions.filter((name) => scopeOf(routes[name]) === 'building').sort()).toEqual(IN_BUILDINGS.toSorted());
});

test('an auditor changes nothing, a cashier switches nothing, a technician touches no money, an admin may do all', () => {
  const grants = (role: Role) => permissions.filter((name) => may(role, name));
  expect(grants('auditor').filter((name) => routes[name].method !== 'GET')).toEqual([]);
  expect(
    grants('cashier').filter((name) => /override|lockout|cut|meter|settings|mass|switching/i.test(routes[name].path)),
  ).toEqual([]);
  expect(grants('technician').filter((name) => MONEY.includes(name))).toEqual([]);
  expect(grants('admin')).toEqual(permissions);
  expect(permissions.filter((name) => may('admin', name, 'buildings')).sort()).toEqual(IN_BUILDINGS.toSorted());
  expect(permissions.filter((name) => may(undefined, name))).toEqual([]);
});
