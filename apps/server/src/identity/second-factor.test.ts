import { Secret, TOTP } from 'otpauth';
import { expect, test } from 'vitest';
import { confirmSecondFactor, dropSecondFactor, enrolSecondFactor, newRecoveryCodes } from './own.ts';
import { setSignInPolicy } from './policy.ts';
import { secondFactorOf } from './second-factor.ts';
import { takeSecondFactor } from './service.ts';
import { operatorOf, type Session, signInCode } from './sign-in.ts';
import { resetSecondFactor } from './staff.ts';
import { type Office, openOffice, PASSWORD, sessionOf } from './test-support/staff.ts';

const STEP = 30_000;

/** RFC 6238, appendix B, for SHA-1: what every app shows for the same secret at the same time, in its last six digits. */
test.each([
  [59, '287082'],
  [1_111_111_109, '081804'],
  [1_234_567_890, '005924'],
  [20_000_000_000, '353130'],
])('at %i s the code is %s', (seconds, code) => {
  const secret = Secret.fromLatin1('12345678901234567890');
  expect(new TOTP({ secret, digits: 6 }).generate({ timestamp: seconds * 1_000 })).toBe(code);
});

const codeOf = (secret: string, { real }: Office, stepsLater = 0) =>
  new TOTP({ secret: Secret.fromBase32(secret) }).generate({ timestamp: real.now().getTime() + stepsLater * STEP });

/** An operator who has set up a second factor, and what he wrote down. */
async function enrolled(office: Office, login: string) {
  const { ctx, real } = office;
  const caller = await office.hire(login, 'finance');
  const { secret, uri } = await enrolSecondFactor(ctx, caller.operatorId, PASSWORD, real);
  expect(uri).toContain(`otpauth://totp/OpenPrepay:${login}?issuer=OpenPrepay&secret=${secret}`);
  expect(sessionOf(await office.signIn(login)).operator.hasSecondFactor).toBe(false);
  const recoveryCodes = await confirmSecondFactor(ctx, caller.operatorId, codeOf(secret, office), real);
  real.advance(STEP);
  return { caller, secret, recoveryCodes };
}

async function secondStep(office: Office, login: string, code: string): Promise<Session> {
  const answer = await office.signIn(login);
  if (!('ticket' in answer)) throw new Error('no code was asked for');
  return signInCode(office.ctx, { ticket: answer.ticket, code }, '10.0.0.1', office.real);
}

test('with a second factor the password alone opens nothing, and every code opens once', async () => {
  const office = await openOffice();
  const { secret } = await enrolled(office, 'fay');
  const refused = { code: 'identity.wrong_code' };
  const code = codeOf(secret, office);
  const { token, operator } = await secondStep(office, 'fay', `${code.slice(0, 3)} ${code.slice(3)}`);
  expect(operator).toMatchObject({ login: 'fay', hasSecondFactor: true });
  expect(await operatorOf(office.ctx, token, office.real)).toEqual(operator);
  await expect(secondStep(office, 'fay', code)).rejects.toMatchObject(refused);
  // A phone that is a step ahead, then one that is behind what was used.
  await secondStep(office, 'fay', codeOf(secret, office, 1));
  await expect(secondStep(office, 'fay', codeOf(secret, office, 0))).rejects.toMatchObject(refused);
  await expect(secondStep(office, 'fay', codeOf(secret, office, 3))).rejects.toMatchObject(refused);
  for (const wrong of ['', '1', 'abcdef', "' or 1=1", '٠١٢٣٤٥']) {
    await expect(secondStep(office, 'fay', wrong)).rejects.toMatchObject(refused);
  }
  expect((await office.actions()).filter((action) => action === 'identity.set_up_second_factor')).toHaveLength(1);
});

test('the same code at once in two places opens one', async () => {
  const office = await openOffice();
  const { secret, recoveryCodes } = await enrolled(office, 'fay');
  for (const code of [codeOf(secret, office), recoveryCodes[0] ?? '']) {
    const both = await Promise.allSettled([secondStep(office, 'fay', code), secondStep(office, 'fay', code)]);
    expect(both.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
  }
});

test('a ticket is for one session, for five minutes, and stored nowhere', async () => {
  const office = await openOffice();
  const { secret } = await enrolled(office, 'fay');
  const answer = await office.signIn('fay');
  if (!('ticket' in answer)) throw new Error('no code was asked for');
  const { ticket } = answer;
  const use = (code: string) => signInCode(office.ctx, { ticket, code }, '10.0.0.1', office.real);
  const stored = await office.ctx.db.query<{ hex: string }>(
    `select encode(ticket_hash, 'escape') as hex from sign_in_ticket`,
  );
  expect(stored.some(({ hex }) => hex.includes(ticket))).toBe(false);
  await use(codeOf(secret, office));
  await expect(use(codeOf(secret, office, 1))).rejects.toMatchObject({ code: 'identity.ticket_over' });
  const late = await office.signIn('fay');
  office.real.advance(5 * 60_000);
  const ticketOfLate = 'ticket' in late ? late.ticket : '';
  const code = codeOf(secret, office);
  await expect(signInCode(office.ctx, { ticket: ticketOfLate, code }, '10.0.0.1', office.real)).rejects.toMatchObject({
    code: 'identity.ticket_over',
  });
});

test('ten wrong codes lock out like ten wrong passwords', async () => {
  const office = await openOffice();
  const { secret } = await enrolled(office, 'fay');
  const answer = await office.signIn('fay');
  const ticket = 'ticket' in answer ? answer.ticket : '';
  const use = (code: string) => signInCode(office.ctx, { ticket, code }, '10.0.0.1', office.real);
  for (let n = 0; n < 10; n++) await expect(use('wrong')).rejects.toMatchObject({ code: 'identity.wrong_code' });
  await expect(use(codeOf(secret, office))).rejects.toMatchObject({ code: 'identity.wrong_code' });
  expect(await office.actions()).toContain('identity.lock_out');
});

test('ten recovery codes open once each, as people type them; new ones end the old', async () => {
  const office = await openOffice();
  const { ctx, real } = office;
  const { caller, recoveryCodes } = await enrolled(office, 'fay');
  expect(new Set(recoveryCodes).size).toBe(10);
  const [first = '', second = '', third = ''] = recoveryCodes;
  await secondStep(office, 'fay', first);
  await secondStep(office, 'fay', ` ${second.toUpperCase().replaceAll('-', ' ')}`);
  await expect(secondStep(office, 'fay', first)).rejects.toMatchObject({ code: 'identity.wrong_code' });
  expect(await secondFactorOf(ctx.db, caller.operatorId)).toEqual({ confirmed: true, recoveryCodesLeft: 8 });
  await expect(newRecoveryCodes(ctx, caller.operatorId, 'not it', real)).rejects.toMatchObject({
    code: 'identity.wrong_password',
  });
  const [renewed = ''] = await newRecoveryCodes(ctx, caller.operatorId, PASSWORD, real);
  await expect(secondStep(office, 'fay', third)).rejects.toMatchObject({ code: 'identity.wrong_code' });
  await secondStep(office, 'fay', renewed);
  const stored = await ctx.db.query<{ hex: string }>(`select encode(code_hash, 'escape') as hex from recovery_code`);
  expect(stored.some(({ hex }) => hex.includes(renewed))).toBe(false);
});

test('a second factor is set up and taken away with the password, by a group operator, or on the machine itself', async () => {
  const office = await openOffice();
  const { ctx, real } = office;
  const boss = await office.hire('boss', 'admin');
  const { caller } = await enrolled(office, 'fay');
  const { operatorId } = caller;
  const there = { code: 'identity.second_factor_there' };
  await expect(enrolSecondFactor(ctx, operatorId, PASSWORD, real)).rejects.toMatchObject(there);
  await expect(dropSecondFactor(ctx, operatorId, 'not it', real)).rejects.toMatchObject({
    code: 'identity.wrong_password',
  });
  await dropSecondFactor(ctx, operatorId, PASSWORD, real);
  sessionOf(await office.signIn('fay'));
  const none = { code: 'identity.no_second_factor' };
  await expect(dropSecondFactor(ctx, operatorId, PASSWORD, real)).rejects.toMatchObject(none);
  await expect(resetSecondFactor(ctx, boss, operatorId)).rejects.toMatchObject(none);
  await resetSecondFactor(ctx, boss, (await enrolled(office, 'gus')).caller.operatorId);
  sessionOf(await office.signIn('gus'));
  await enrolled(office, 'hal');
  expect(await takeSecondFactor(ctx.db, ctx.clock, 'hal')).toBe(true);
  expect(await takeSecondFactor(ctx.db, ctx.clock, 'hal')).toBe(false);
});

test('a role that needs a second factor sets it up before anything else, from the next call on', async () => {
  const office = await openOffice();
  const { ctx, real } = office;
  const { operatorId } = await office.hire('fay', 'finance');
  await office.hire('ann', 'cashier');
  const { token } = sessionOf(await office.signIn('fay'));
  await setSignInPolicy(ctx, operatorId, { secondFactorRoles: ['finance', 'admin', 'finance'] });
  expect((await operatorOf(ctx, token, real))?.mustFirst).toBe('second_factor');
  expect(sessionOf(await office.signIn('ann')).operator.mustFirst).toBeNull();
  const { secret } = await enrolSecondFactor(ctx, operatorId, PASSWORD, real);
  expect((await operatorOf(ctx, token, real))?.mustFirst).toBe('second_factor');
  await expect(confirmSecondFactor(ctx, operatorId, 'wrong', real)).rejects.toMatchObject({
    code: 'identity.wrong_code',
  });
  await confirmSecondFactor(ctx, operatorId, codeOf(secret, office), real);
  expect((await operatorOf(ctx, token, real))?.mustFirst).toBeNull();
});

test('a copy of the database holds nobody’s second factor, and one operator’s is worth nothing in another’s row', async () => {
  const office = await openOffice();
  const { ctx } = office;
  const { caller, secret } = await enrolled(office, 'fay');
  const { recoveryCodes } = await enrolled(office, 'gus');
  const sealed = async () =>
    (
      await ctx.db.query<{ text: string }>('select totp_secret as text from operator where totp_secret is not null')
    ).map(({ text }) => text);
  expect(await sealed()).toHaveLength(2);
  for (const text of await sealed()) expect(Buffer.from(text, 'base64url').toString('latin1')).not.toContain(secret);
  await ctx.db.query(
    `update operator set totp_secret = (select totp_secret from operator where operator_id = $1) where login = 'gus'`,
    [caller.operatorId],
  );
  await expect(secondStep(office, 'gus', codeOf(secret, office))).rejects.toMatchObject({
    code: 'identity.factor_unreadable',
  });
  // Recovery codes need no key.
  expect((await secondStep(office, 'gus', recoveryCodes[0] ?? '')).operator.login).toBe('gus');
  expect((await secondStep(office, 'fay', codeOf(secret, office))).operator.login).toBe('fay');
});
