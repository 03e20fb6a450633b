import type { Caller, DataScope } from '@openprepay/contract';
import { beforeAll, expect, test } from 'vitest';
import { seedMarket } from '../../test-support/market.ts';
import { createApiKey, keyHolderOf, revokeApiKey } from './api-keys.ts';
import { recordAudit } from './audit.ts';
import { listAudit } from './audit-list.ts';
import { listApiKeys } from './key-list.ts';
import { listStaff } from './staff-list.ts';
import { type Office, openOffice } from './test-support/staff.ts';

let office: Office;
let marketId: string;
let boss: Caller;
let manager: Caller;
let here: DataScope;

beforeAll(async () => {
  office = await openOffice();
  marketId = (await seedMarket(office.ctx.db)).marketId;
  here = { kind: 'markets', marketIds: [marketId] };
  boss = await office.hire('boss', 'admin');
  manager = await office.hire('max', 'manager', here);
});

const make = (caller: Caller, over: Partial<Parameters<typeof createApiKey>[2]> = {}) =>
  createApiKey(office.ctx, caller, { name: 'ERP', role: 'auditor', scope: here, days: 30, ...over }, office.real);
const holder = (key: string) => keyHolderOf(office.ctx, key, office.real);

test('a key is its own operator until it expires or is revoked, and is stored nowhere', async () => {
  const { key, keyId, expiresAt } = await make(manager);
  expect(key).toMatch(/^opk_[\w-]{43}$/);
  expect(await holder(key)).toMatchObject({ operatorId: keyId, name: 'ERP', role: 'auditor', scope: here });
  const stored = await office.ctx.db.query<{ hex: string }>(`select encode(key_hash, 'escape') as hex from api_key`);
  expect(stored.some(({ hex }) => hex.includes(key))).toBe(false);
  for (const wrong of [`${key}x`, key.slice(0, -1), key.slice(4), '', 'opk_']) expect(await holder(wrong)).toBeNull();
  const [listed] = (await listApiKeys(office.ctx.db, manager, {})).keys;
  expect(listed).toMatchObject({
    keyId,
    prefix: key.slice(0, 12),
    madeBy: 'max',
    lastUsedAt: '2026-03-02T08:00:00.000Z',
  });
  expect((await listStaff(office.ctx, boss, {})).operators.some(({ operatorId }) => operatorId === keyId)).toBe(false);

  const other = await make(manager, { name: 'other' });
  await revokeApiKey(office.ctx, manager, other.keyId, office.real);
  await revokeApiKey(office.ctx, manager, other.keyId, office.real);
  expect(await holder(other.key)).toBeNull();
  office.real.set(expiresAt);
  expect(await holder(key)).toBeNull();
  expect((await office.actions()).filter((action) => action === 'identity.revoke_key')).toHaveLength(1);
});

test('a key is worth no more than its maker, today', async () => {
  const beyond = { code: 'identity.beyond_own' };
  await expect(make(manager, { role: 'finance' })).rejects.toMatchObject(beyond);
  await expect(make(manager, { scope: { kind: 'group' } })).rejects.toMatchObject(beyond);
  const { key } = await make(manager);
  const set = (sql: string) => office.ctx.db.query(`update operator set ${sql} where login = 'max'`);
  for (const [change, back] of [
    [`role = 'cashier'`, `role = 'manager'`],
    [`disabled_at = '2026-03-02T00:00:00Z'`, 'disabled_at = null'],
    [
      `scope = '{"kind": "markets", "marketIds": ["01990000-0000-7000-8000-000000000000"]}'`,
      `scope = '${JSON.stringify(here)}'`,
    ],
  ] as const) {
    await set(change);
    expect([change, await holder(key)]).toEqual([change, null]);
    await set(back);
    expect(await holder(key)).not.toBeNull();
  }
});

test('a manager looks after his own keys, a group operator after all', async () => {
  const mine = await make(manager, { name: 'mine' });
  const bosses = await make(boss, { name: 'bosses', role: 'manager' });
  const names = async (caller: Caller) => (await listApiKeys(office.ctx.db, caller, {})).keys.map(({ name }) => name);
  expect(await names(manager)).not.toContain('bosses');
  expect(await names(boss)).toEqual(expect.arrayContaining(['mine', 'bosses']));
  await expect(revokeApiKey(office.ctx, manager, bosses.keyId)).rejects.toMatchObject({ code: 'identity.no_such_key' });
  await revokeApiKey(office.ctx, boss, mine.keyId);
  expect(await holder(mine.key)).toBeNull();
});

test('what a key does stands in the audit under its own name', async () => {
  const { keyId } = await make(boss, { name: 'billing', role: 'manager' });
  const { db, clock } = office.ctx;
  const entry = {
    marketId,
    at: clock.now(),
    operatorId: keyId,
    action: 'control.set_alarm_ladder' as const,
    subject: 'market:1',
  };
  await recordAudit(db, { ...entry, before: { lowBalanceFen: 1n }, after: { lowBalanceFen: 2n } });
  const { entries } = await listAudit(db, marketId, { operatorId: keyId });
  expect(entries).toMatchObject([
    { operatorName: 'billing', before: { lowBalanceFen: '1' }, after: { lowBalanceFen: '2' }, seal: null },
  ]);
});

test('the audit is searched by who, what, to what and when, page by page', async () => {
  const { db, clock } = office.ctx;
  const { marketId: empty } = await seedMarket(db);
  for (let n = 0; n < 5; n++) {
    const at = new Date(clock.now().getTime() + n * 1_000);
    const action = n < 3 ? 'control.set_override' : 'counter.top_up';
    const operatorId = n % 2 === 0 ? boss.operatorId : manager.operatorId;
    await recordAudit(db, {
      marketId: empty,
      at,
      operatorId,
      action,
      subject: `meter:${n}`,
      reason: n === 4 ? '50%' : null,
    });
  }
  const subjects = async (filter: Parameters<typeof listAudit>[2]) => {
    const { total, entries } = await listAudit(db, empty, filter);
    return [total, entries.map(({ subject }) => subject.slice(-1)).join('')];
  };
  const time = (n: number) => new Date(clock.now().getTime() + n * 1_000).toISOString();
  expect(await subjects({})).toEqual([5, '43210']);
  expect(await subjects({ pageSize: 2, page: 2 })).toEqual([5, '21']);
  expect(await subjects({ operatorId: manager.operatorId })).toEqual([2, '31']);
  expect(await subjects({ action: 'control.' })).toEqual([3, '210']);
  expect(await subjects({ subject: 'meter:4' })).toEqual([1, '4']);
  expect(await subjects({ from: time(1), to: time(3) })).toEqual([2, '21']);
  expect(await subjects({ text: 'BOSS' })).toEqual([3, '420']);
  expect(await subjects({ text: '0%' })).toEqual([1, '4']);
  expect(await subjects({ text: '_' })).toEqual([5, '43210']);
});

test('keys are filtered, sorted and paged', async () => {
  const keeper = await office.hire('keeper', 'manager', here);
  await make(keeper, { name: 'one', days: 1, role: 'technician' });
  const { keyId } = await make(keeper, { name: 'two', days: 300 });
  await make(keeper, { name: 'three', days: 30 });
  await revokeApiKey(office.ctx, keeper, keyId, office.real);
  office.real.advance(2 * 86_400_000);
  const found = async (query: Parameters<typeof listApiKeys>[2]) => {
    const { total, keys } = await listApiKeys(office.ctx.db, keeper, query, office.real);
    return [total, keys.map(({ name, state }) => `${name} ${state}`)];
  };
  expect(await found({ sort: 'name' })).toEqual([3, ['one expired', 'three live', 'two revoked']]);
  expect(await found({ state: 'expired' })).toEqual([1, ['one expired']]);
  expect(await found({ role: 'technician' })).toEqual([1, ['one expired']]);
  expect(await found({ scope: 'group' })).toEqual([0, []]);
  expect(await found({ text: 'TW' })).toEqual([1, ['two revoked']]);
  expect(await found({ sort: 'expires', descending: true, page: 2, pageSize: 1 })).toEqual([3, ['three live']]);
});
