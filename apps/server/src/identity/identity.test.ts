import { expect, test } from 'vitest';
import { testClock, testContext } from '../../test-support/database.ts';
import { INSTALLATION, recordAudit } from './audit.ts';
import { newPassword, verifyPassword } from './passwords.ts';
import { ensureFirstAdmin, renewPassword } from './service.ts';
import { keepSession, operatorOf, type Session, signIn as signInSteps, signOut } from './sign-in.ts';
import { newThrottle } from './throttle.ts';

/** Signs in an operator without a second factor. */
async function signIn(...args: Parameters<typeof signInSteps>): Promise<Session> {
  const answer = await signInSteps(...args);
  if ('ticket' in answer) throw new Error('a code is asked for');
  return answer;
}

test('the first admin is made once, and nothing stored tells his password', async () => {
  const ctx = await testContext();
  const made = await Promise.all([ensureFirstAdmin(ctx), ensureFirstAdmin(ctx)]);
  const [admin] = made.filter((one) => one !== null);
  expect(made.filter((one) => one !== null)).toHaveLength(1);
  expect(admin?.login).toBe('admin');
  expect(admin?.password).toMatch(/^([a-z2-9]{4}-){3}[a-z2-9]{4}$/);
  expect(await ensureFirstAdmin(ctx)).toBeNull();
  const [row] = await ctx.db.query<{ password_hash: string; role: string }>('select password_hash, role from operator');
  expect(row?.role).toBe('admin');
  expect(row?.password_hash).toMatch(/^\$argon2id\$v=19\$m=19456,t=2,p=1\$/);
  expect(await verifyPassword(row?.password_hash ?? null, admin?.password ?? '')).toBe(true);
});

test('a session is its operator’s until it ends or he signs out, and its token is stored nowhere', async () => {
  const ctx = await testContext();
  const admin = await ensureFirstAdmin(ctx);
  const real = testClock('2026-03-02T08:00:00Z');
  const credentials = admin ?? { login: '', password: '' };
  const first = await signIn(ctx, credentials, '10.0.0.1', real);
  const second = await signIn(ctx, credentials, '10.0.0.1', real);
  expect(first.token).not.toBe(second.token);
  expect(first.expiresAt).toEqual(new Date('2026-03-02T20:00:00Z'));
  expect(await operatorOf(ctx, first.token, real)).toEqual(first.operator);
  const stored = await ctx.db.query<{ hex: string }>(`select encode(token_hash, 'escape') as hex from sign_in`);
  expect(stored.some((row) => row.hex.includes(first.token))).toBe(false);

  await signOut(ctx, second.token);
  expect(await operatorOf(ctx, second.token, real)).toBeNull();
  real.set('2026-03-02T19:59:59Z');
  expect(await operatorOf(ctx, first.token, real)).not.toBeNull();
  real.set('2026-03-02T20:00:00Z');
  expect(await operatorOf(ctx, first.token, real)).toBeNull();

  const audit = await ctx.db.query('select market_id, action, after from audit');
  expect(audit).toEqual(
    Array(2).fill({
      market_id: INSTALLATION,
      action: 'identity.sign_in',
      after: { remote: '10.0.0.1', method: 'password' },
    }),
  );
});

test('a disabled operator is signed in nowhere', async () => {
  const ctx = await testContext();
  const admin = (await ensureFirstAdmin(ctx)) ?? { login: '', password: '' };
  const { token } = await signIn(ctx, admin, '10.0.0.2');
  await ctx.db.query(`update operator set disabled_at = '2026-03-02T00:00:00Z'`);
  expect(await operatorOf(ctx, token)).toBeNull();
  await expect(signIn(ctx, admin, '10.0.0.2')).rejects.toMatchObject({
    code: 'identity.wrong_credentials',
    status: 401,
  });
});

test('a session that is kept goes on for as long as a new one; one that is over stays over', async () => {
  const ctx = await testContext();
  const credentials = (await ensureFirstAdmin(ctx)) ?? { login: '', password: '' };
  const real = testClock('2026-03-02T08:00:00Z');
  const { token } = await signIn(ctx, credentials, '10.0.0.1', real);
  const HOUR_MS = 3_600_000;
  real.advance(11 * HOUR_MS);
  expect(await keepSession(ctx, token, real)).toEqual(new Date('2026-03-03T07:00:00Z'));
  real.advance(11 * HOUR_MS);
  expect(await operatorOf(ctx, token, real)).not.toBeNull();
  real.advance(2 * HOUR_MS);
  await keepSession(ctx, token, real);
  expect(await operatorOf(ctx, token, real)).toBeNull();
});

test('a renewed password replaces the lost one and ends its sessions, and the audit knows', async () => {
  const ctx = await testContext();
  const admin = (await ensureFirstAdmin(ctx)) ?? { login: '', password: '' };
  const before = await signIn(ctx, admin, '10.0.0.4');
  const password = await renewPassword(ctx.db, ctx.clock, 'admin');
  expect(await operatorOf(ctx, before.token)).toBeNull();
  await expect(signIn(ctx, admin, '10.0.0.4')).rejects.toMatchObject({ code: 'identity.wrong_credentials' });
  expect((await signIn(ctx, { login: 'admin', password }, '10.0.0.4')).operator.login).toBe('admin');
  const actions = await ctx.db.query<{ action: string }>('select action from audit');
  expect(actions.map(({ action }) => action)).toContain('identity.renew_password');
  await expect(renewPassword(ctx.db, ctx.clock, 'nobody')).rejects.toMatchObject({ code: 'identity.no_such_operator' });
});

test('a wrong login and a wrong password look alike; the eleventh guess is refused unheard, from that address only', async () => {
  const ctx = await testContext();
  const admin = (await ensureFirstAdmin(ctx)) ?? { login: '', password: '' };
  const wrong = { login: admin.login, password: 'guess' };
  const nobody = { login: 'nobody', password: 'guess' };
  const refusals = await Promise.all(
    [wrong, nobody].map((guess) => signIn(ctx, guess, '10.0.0.3').catch((error: Error) => error)),
  );
  expect(refusals[0]).toMatchObject({ code: 'identity.wrong_credentials' });
  expect(refusals[1]).toMatchObject({ message: refusals[0] instanceof Error ? refusals[0].message : '' });
  for (let guess = 2; guess <= 10; guess++) {
    await expect(signIn(ctx, nobody, '10.0.0.3')).rejects.toMatchObject({ code: 'identity.wrong_credentials' });
  }
  await expect(signIn(ctx, nobody, '10.0.0.3')).rejects.toMatchObject({
    code: 'identity.too_many_failures',
    status: 429,
  });
  await expect(signIn(ctx, nobody, '10.0.0.4')).rejects.toMatchObject({ code: 'identity.wrong_credentials' });
});

test('failures are forgotten after the window, after a success, and the oldest beyond the limit of keys', () => {
  let now = 0;
  const throttle = newThrottle({ maxFailures: 2, windowMs: 1_000, maxKeys: 2, now: () => now });
  const failTwice = (key: string) => [throttle.fail(key), throttle.fail(key)];
  failTwice('a');
  expect(throttle.isBlocked('a')).toBe(true);
  now = 1_000;
  expect(throttle.isBlocked('a')).toBe(false);
  failTwice('a');
  throttle.succeed('a');
  expect(throttle.isBlocked('a')).toBe(false);
  for (const key of ['a', 'b', 'c']) failTwice(key);
  expect(['a', 'b', 'c'].map((key) => throttle.isBlocked(key))).toEqual([false, true, true]);
});

test('a new password is drawn from letters that nobody misreads', () => {
  expect(newPassword(new Uint8Array(16))).toBe('aaaa-aaaa-aaaa-aaaa');
  expect(newPassword(Uint8Array.from({ length: 16 }, (_, i) => 255 - i))).not.toMatch(/[lo01]/);
});

test('an audit entry rolls back with its act, and writes big integers as text', async () => {
  const { db, clock } = await testContext();
  const entry = {
    at: clock.now(),
    marketId: INSTALLATION,
    operatorId: null,
    action: 'identity.unlock' as const,
    subject: 'x:1',
  };
  const failing = db.tx(async (tx) => {
    await recordAudit(tx, entry);
    throw new Error('the act failed');
  });
  await expect(failing).rejects.toThrow('the act failed');
  expect(await db.query('select 1 from audit')).toEqual([]);
  await recordAudit(db, { ...entry, after: { balanceFen: 9007199254740993n } });
  expect(await db.query('select at, after, before from audit')).toEqual([
    { at: clock.now(), after: { balanceFen: '9007199254740993' }, before: null },
  ]);
});
