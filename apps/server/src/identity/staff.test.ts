import type { DataScope, Role } from '@openprepay/contract';
import { uuidV7 } from '@openprepay/kernel';
import { beforeAll, expect, test } from 'vitest';
import { seedMarket } from '../../test-support/market.ts';
import { decideApproval, requestApproval } from '../approvals/service.ts';
import { changePassword } from './own.ts';
import { listSessions, operatorOf } from './sign-in.ts';
import { changeRole, createStaff, endSessions, resetPassword, scopeChoices, updateStaff } from './staff.ts';
import { listStaff } from './staff-list.ts';
import { type Office, openOffice, PASSWORD, sessionOf } from './test-support/staff.ts';

let office: Office;
let north: DataScope;
let northId: string;
let southId: string;

const GROUP: DataScope = { kind: 'group' };
const newOne = (login: string, role: Role, scope: DataScope = GROUP) => ({ login, name: login, role, scope });
const buildingOf = async (marketId: string) => {
  const rows = await office.ctx.db.query<{ id: string }>(
    'select building_id as id from building where market_id = $1',
    [marketId],
  );
  return rows[0]?.id ?? '';
};

beforeAll(async () => {
  office = await openOffice();
  northId = (await seedMarket(office.ctx.db)).marketId;
  southId = (await seedMarket(office.ctx.db)).marketId;
  north = { kind: 'markets', marketIds: [northId] };
});

test('a new operator changes the password he was given, and it ends his other sessions', async () => {
  const { ctx, real } = office;
  const boss = await office.hire('boss1', 'admin');
  const { password } = await createStaff(ctx, boss, newOne('new.one', 'cashier', north));
  const other = sessionOf(await office.signIn('new.one', password));
  const { token, operator } = sessionOf(await office.signIn('new.one', password));
  expect(operator).toMatchObject({ mustFirst: 'password', scope: north, role: 'cashier' });
  const { operatorId, login } = operator;
  const change = (oldPassword: string, newPassword: string) =>
    changePassword(ctx, { operatorId, login, oldPassword, newPassword, token }, real);
  await expect(change('not it', PASSWORD)).rejects.toMatchObject({ code: 'identity.wrong_password' });
  for (const weak of [password, 'short', 'new.one new.one']) {
    await expect(change(password, weak)).rejects.toMatchObject({ code: 'identity.weak_password' });
  }
  await change(password, PASSWORD);
  expect((await operatorOf(ctx, token, real))?.mustFirst).toBeNull();
  expect(await operatorOf(ctx, other.token, real)).toBeNull();
  expect(await listSessions(ctx, operatorId, token, real)).toMatchObject([{ current: true, remote: '10.0.0.1' }]);
  await expect(office.signIn('new.one', password)).rejects.toMatchObject({ code: 'identity.wrong_credentials' });
  sessionOf(await office.signIn('new.one'));
  await expect(createStaff(ctx, boss, newOne('new.one', 'cashier'))).rejects.toMatchObject({
    code: 'identity.login_taken',
  });
  await expect(createStaff(ctx, boss, newOne('no spaces', 'cashier'))).rejects.toMatchObject({
    code: 'identity.bad_login',
  });
});

test('whoever looks after one market sees and changes only its people, and gives no more than he has', async () => {
  const { ctx } = office;
  const chief = await office.hire('chief.north', 'admin', north);
  const inNorth = await office.hire('north.one', 'cashier', north);
  const inSouth = await office.hire('south.one', 'cashier', { kind: 'markets', marketIds: [southId] });
  const { operators } = await listStaff(ctx, chief, {}, office.real);
  const seen = operators.map(({ operatorId }) => operatorId);
  expect(seen).toContain(inNorth.operatorId);
  expect(seen).not.toContain(inSouth.operatorId);
  expect((await scopeChoices(ctx.db, north)).map(({ marketId }) => marketId)).toEqual([northId]);
  const beyond = { code: 'identity.beyond_own' };
  const change = { name: 'x', scope: GROUP, disabled: false };
  await expect(createStaff(ctx, chief, newOne('sly', 'cashier'))).rejects.toMatchObject(beyond);
  await expect(updateStaff(ctx, chief, inNorth.operatorId, change)).rejects.toMatchObject(beyond);
  const unseen = { code: 'identity.no_such_operator' };
  for (const act of [
    () => updateStaff(ctx, chief, inSouth.operatorId, { ...change, scope: north }),
    () => changeRole(ctx, chief, inSouth.operatorId, 'auditor'),
    () => resetPassword(ctx, chief, inSouth.operatorId),
    () => endSessions(ctx, chief, inSouth.operatorId),
  ]) {
    await expect(act()).rejects.toMatchObject(unseen);
  }
  const oneBuilding: DataScope = { kind: 'buildings', marketId: northId, buildingIds: [await buildingOf(northId)] };
  await updateStaff(ctx, chief, inNorth.operatorId, { name: 'x', scope: oneBuilding, disabled: false });
  const elsewhere: DataScope = { ...oneBuilding, buildingIds: [await buildingOf(southId)] };
  await expect(
    updateStaff(ctx, chief, inNorth.operatorId, { name: 'x', scope: elsewhere, disabled: false }),
  ).rejects.toMatchObject({ code: 'identity.no_such_place' });
});

test('whoever is disabled is signed out at once, and nobody does that to himself', async () => {
  const { ctx, real } = office;
  const boss = await office.hire('boss2', 'admin');
  const gone = await office.hire('gone', 'technician');
  const { token } = sessionOf(await office.signIn('gone'));
  await updateStaff(ctx, boss, gone.operatorId, { name: 'Gone', scope: GROUP, disabled: true });
  expect(await operatorOf(ctx, token, real)).toBeNull();
  await expect(office.signIn('gone')).rejects.toMatchObject({ code: 'identity.wrong_credentials' });
  await updateStaff(ctx, boss, gone.operatorId, { name: 'Gone', scope: GROUP, disabled: false });
  expect(await operatorOf(ctx, token, real)).toBeNull();
  const oneself = { code: 'identity.not_oneself' };
  const self = { name: 'Boss', scope: GROUP };
  await updateStaff(ctx, boss, boss.operatorId, { ...self, disabled: false });
  await expect(updateStaff(ctx, boss, boss.operatorId, { ...self, disabled: true })).rejects.toMatchObject(oneself);
  await expect(
    updateStaff(ctx, boss, boss.operatorId, { ...self, scope: north, disabled: false }),
  ).rejects.toMatchObject(oneself);
  for (const act of [
    () => changeRole(ctx, boss, boss.operatorId, 'auditor'),
    () => resetPassword(ctx, boss, boss.operatorId),
  ]) {
    await expect(act()).rejects.toMatchObject(oneself);
  }
  const [entry] = await ctx.db.query<{ before: object; after: object }>(
    `select before, after from audit where action = 'identity.update_operator' and subject = $1 order by audit_id limit 1`,
    [`operator:${gone.operatorId}`],
  );
  expect(entry).toEqual({
    before: { name: 'gone', scope: GROUP, disabled: false },
    after: { name: 'Gone', scope: GROUP, disabled: true },
  });
});

test('one group operator alone makes others; once there are two, finance and group operator take both', async () => {
  const fresh = await openOffice();
  const { ctx } = fresh;
  const { marketId } = await seedMarket(ctx.db);
  const first = await fresh.hire('first', 'admin');
  const { operatorId: secondId } = await createStaff(ctx, first, newOne('second', 'admin'));
  expect((await listStaff(ctx, first, {})).secondPersonNeeded).toBe(true);
  const second = { ...first, operatorId: secondId, login: 'second' };
  const needed = { code: 'identity.second_person_needed' };
  await expect(createStaff(ctx, first, newOne('fay', 'finance'))).rejects.toMatchObject(needed);
  const { operatorId } = await createStaff(ctx, first, newOne('fay', 'cashier'));
  await expect(changeRole(ctx, first, operatorId, 'finance')).rejects.toMatchObject(needed);
  await changeRole(ctx, first, operatorId, 'technician');

  const act = { kind: 'role_change', operatorId, role: 'finance' } as const;
  const ask = (caller: typeof first, change: object = act) => {
    const request = { requestId: uuidV7(ctx.clock.now()), act: change as typeof act, reason: 'she keeps the books' };
    return requestApproval(ctx, marketId, request, caller);
  };
  const chief = await fresh.hire('chief', 'admin', { kind: 'markets', marketIds: [marketId] });
  await expect(ask(chief)).rejects.toMatchObject({ code: 'identity.beyond_own' });
  await expect(ask(first, { ...act, role: 'technician' })).rejects.toMatchObject({ code: 'identity.same_role' });
  const own = { ...act, operatorId: first.operatorId };
  await expect(ask(first, own)).rejects.toMatchObject({ code: 'identity.not_oneself' });
  const { approvalId, facts } = await ask(first);
  expect(facts).toEqual({ login: 'fay', name: 'fay', fromRole: 'technician', toRole: 'finance' });
  const decide = (caller: typeof first) => decideApproval(ctx, marketId, approvalId, { decision: 'approve' }, caller);
  await expect(decide(first)).rejects.toMatchObject({ code: 'approvals.own_request' });
  await expect(decide(chief)).rejects.toMatchObject({ code: 'identity.beyond_own' });
  expect((await decide(second)).result).toEqual({ fromRole: 'technician' });
  const [row] = await ctx.db.query<{ role: Role }>('select role from operator where operator_id = $1', [operatorId]);
  expect(row?.role).toBe('finance');
});

test('two who take each other’s place at once leave one who looks after the operators', async () => {
  const fresh = await openOffice();
  const { ctx } = fresh;
  for (let round = 0; round < 5; round++) {
    const a = await fresh.hire(`a${round}`, 'admin');
    const b = await fresh.hire(`b${round}`, 'admin');
    await ctx.db.query(
      `update operator set disabled_at = '2026-03-02T00:00:00Z' where operator_id <> all($1::uuid[])`,
      [[a.operatorId, b.operatorId]],
    );
    const off = { name: 'x', scope: GROUP, disabled: true };
    const both = await Promise.allSettled([
      updateStaff(ctx, a, b.operatorId, off),
      changeRole(ctx, b, a.operatorId, 'auditor'),
    ]);
    expect(both.map(({ status }) => status).toSorted()).toEqual(['fulfilled', 'rejected']);
    expect(both.find(({ status }) => status === 'rejected')).toMatchObject({ reason: { code: 'identity.last_admin' } });
  }
});

test('operators are filtered, sorted and paged within the scope of who looks', async () => {
  const { ctx, real } = office;
  const market = await seedMarket(ctx.db);
  const scope: DataScope = { kind: 'markets', marketIds: [market.marketId] };
  const chief = await office.hire('east.chief', 'admin', scope);
  const inBuilding = { kind: 'buildings', marketId: market.marketId, buildingIds: [await buildingOf(market.marketId)] };
  const seller = await office.hire('east.seller', 'cashier', inBuilding as DataScope);
  const locked = await office.hire('east_locked', 'cashier', scope);
  const gone = await office.hire('east.gone', 'auditor', scope);
  await office.hire('east.elsewhere', 'cashier', north);
  const set = (what: string, who: { operatorId: string }, ...values: unknown[]) =>
    ctx.db.query(`update operator set ${what} where operator_id = $1`, [who.operatorId, ...values]);
  await set('locked_until = $2', locked, new Date(real.now().getTime() + 60_000));
  await set('disabled_at = $2', gone, real.now());
  await set('totp_confirmed_at = $2, last_sign_in_at = $2', seller, real.now());
  const found = async (query: Parameters<typeof listStaff>[2]) => {
    const { total, operators } = await listStaff(ctx, chief, query, real);
    return [total, operators.map(({ login }) => login.replace(/^east./, ''))];
  };
  expect(await found({})).toEqual([4, ['chief', 'seller', 'locked', 'gone']]);
  expect(await found({ role: 'cashier' })).toEqual([2, ['seller', 'locked']]);
  expect(await found({ scope: 'buildings' })).toEqual([1, ['seller']]);
  expect(await found({ state: 'locked' })).toEqual([1, ['locked']]);
  expect(await found({ state: 'disabled' })).toEqual([1, ['gone']]);
  expect(await found({ secondFactor: true })).toEqual([1, ['seller']]);
  expect(await found({ text: 't_l' })).toEqual([1, ['locked']]);
  expect(await found({ sort: 'lastSignIn', descending: true, pageSize: 1 })).toEqual([4, ['seller']]);
  expect(await found({ sort: 'name', page: 2, pageSize: 3 })).toEqual([4, ['locked']]);
  real.advance(60_000);
  expect(await found({ state: 'locked' })).toEqual([0, []]);
});
