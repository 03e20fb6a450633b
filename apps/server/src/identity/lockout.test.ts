import { expect, test } from 'vitest';
import { attempt } from './lockout.ts';
import { renewPassword } from './service.ts';
import { operatorOf } from './sign-in.ts';
import { unlock } from './staff.ts';
import { openOffice, PASSWORD, sessionOf } from './test-support/staff.ts';

const MINUTE = 60_000;
/** Each from an address of its own, so that what counts addresses lets it pass. */
let address = 0;
const anywhere = () => `10.1.0.${address++}`;

test('ten wrong passwords from ten addresses lock an operator out, each time twice as long; the right one tells nothing', async () => {
  const office = await openOffice();
  const { operatorId } = await office.hire('ann', 'cashier');
  const boss = await office.hire('boss', 'admin');
  const { token } = sessionOf(await office.signIn('ann'));
  const guess = () => office.signIn('ann', 'guess', anywhere()).catch((error: unknown) => error);
  const right = () => office.signIn('ann', PASSWORD, anywhere());
  const refused = { code: 'identity.wrong_credentials' };

  for (let n = 0; n < 9; n++) expect(await guess()).toMatchObject(refused);
  sessionOf(await right());
  for (let n = 0; n < 10; n++) expect(await guess()).toMatchObject(refused);
  await expect(right()).rejects.toMatchObject(refused);
  expect(await operatorOf(office.ctx, token, office.real)).not.toBeNull();
  office.real.advance(15 * MINUTE - 1);
  await expect(right()).rejects.toMatchObject(refused);
  office.real.advance(1);
  for (let n = 0; n < 10; n++) await guess();
  office.real.advance(30 * MINUTE - 1);
  await expect(right()).rejects.toMatchObject(refused);
  office.real.advance(1);
  sessionOf(await right());

  for (let n = 0; n < 10; n++) await guess();
  await unlock(office.ctx, boss, operatorId);
  sessionOf(await right());
  for (let n = 0; n < 10; n++) await guess();
  const password = await renewPassword(office.ctx.db, office.ctx.clock, 'ann');
  sessionOf(await office.signIn('ann', password, anywhere()));
  const audit = await office.ctx.db.query<{ after: { failures: number; lockedUntil: string } }>(
    `select after from audit where action = 'identity.lock_out' and subject = $1`,
    [`operator:${operatorId}`],
  );
  expect(audit.map(({ after }) => after.failures)).toEqual([10, 10, 10, 10]);
  // A lock-out that ended by unlocking or by a success is forgotten: the next one is short again.
  expect(audit.map(({ after }) => after.lockedUntil.slice(11, 16)).toSorted()).toEqual([
    '08:15',
    '08:45',
    '09:00',
    '09:00',
  ]);
});

test('a hundred guesses at once are looked at ten times', async () => {
  const office = await openOffice();
  const { operatorId } = await office.hire('ann', 'cashier');
  let looked = 0;
  const guesses = Array.from({ length: 100 }, () =>
    attempt(office.ctx, operatorId, office.real.now(), async () => {
      looked += 1;
      return null;
    }),
  );
  expect((await Promise.all(guesses)).every((proof) => proof === null)).toBe(true);
  expect(looked).toBe(10);
});
