import { ROLES } from '@openprepay/contract';
import { expect, test } from 'vitest';
import type { RouteRecordRaw } from 'vue-router';
import { zhCN } from '../locales/zh-CN.ts';
import { routes } from '../routes.ts';
import { firstPageOf, menuOf, phoneBarOf, waitingIn } from './menu.ts';

const namesOf = (records: readonly RouteRecordRaw[]): unknown[] =>
  records.flatMap((record) => [record.name, ...namesOf(record.children ?? [])]);
const routesOf = (entries: readonly { readonly route: string }[]) => entries.map(({ route }) => route);
const all = menuOf('admin').flatMap(({ entries }) => entries);

test('no two pages have one name, or the later would take the place of the first', () => {
  const pages = namesOf(routes).filter((name) => name !== undefined);
  expect(pages.filter((name, i) => pages.indexOf(name) !== i)).toEqual([]);
});

test('every entry of the menu leads to a page, once, and has words', () => {
  const pages = namesOf(routes);
  expect(routesOf(all).filter((route) => !pages.includes(route))).toEqual([]);
  expect(new Set(routesOf(all)).size).toBe(all.length);
  expect(Object.keys(zhCN.menu.page).sort()).toEqual(routesOf(all).sort());
});

test('a role sees what the server would answer it, and no empty group', () => {
  expect(routesOf(menuOf('cashier').flatMap(({ entries }) => entries))).not.toContain('emergency');
  expect(routesOf(menuOf('technician').flatMap(({ entries }) => entries))).toContain('field');
  expect(menuOf(undefined)).toEqual([]);
  for (const role of ROLES) expect(menuOf(role).filter(({ entries }) => entries.length === 0)).toEqual([]);
});

test.each(ROLES)('a %s of some buildings sees what is open to those, and no more', (role) => {
  const sells = ['admin', 'cashier'].includes(role);
  const counts = role !== 'technician';
  expect(routesOf(menuOf(role, 'buildings').flatMap(({ entries }) => entries))).toEqual([
    'home',
    'stalls',
    ...(sells ? ['cashier'] : []),
    'exceptions',
    'wall',
    ...(counts ? ['accounts', 'notices', 'receipts'] : []),
    ...(counts && role !== 'cashier' ? ['ledger'] : []),
    ...(counts ? ['charges', 'shifts'] : []),
    'meters',
    ...(['admin', 'technician', 'auditor'].includes(role) ? ['collector'] : []),
    ...(['admin', 'technician'].includes(role) ? ['field'] : []),
    'prices',
    'batch',
    'settings',
  ]);
});

test.each(ROLES)('on the phone of a %s four pages are at hand, all of which that role may see', (role) => {
  const seen = routesOf(menuOf(role).flatMap(({ entries }) => entries));
  const bar = routesOf(phoneBarOf(role));
  expect(bar).toHaveLength(4);
  expect(bar.filter((route) => !seen.includes(route))).toEqual([]);
});

test.each(ROLES)('a %s begins on a page of his menu', (role) => {
  expect(routesOf(menuOf(role).flatMap(({ entries }) => entries))).toContain(firstPageOf(role));
});

test('what waits behind several entries is one number', () => {
  expect(waitingIn(all, { exceptions: 3, approvals: 2, unclaimed: 1 })).toBe(6);
  expect(waitingIn(phoneBarOf('technician'), { exceptions: 3, approvals: 2, unclaimed: 1 })).toBe(3);
});

test('no two pages have one name', () => {
  const named = namesOf(routes).filter((name) => name !== undefined);
  expect(named.filter((name, index) => named.indexOf(name) !== index)).toEqual([]);
});
