import type { Caller, DataScope, Role } from '@openprepay/contract';
import { uuidV7 } from '@openprepay/kernel';
import { callerOf } from '../../../test-support/callers.ts';
import { type TestClock, testClock, testContext } from '../../../test-support/database.ts';
import type { Context } from '../../platform/context.ts';
import { hashPassword } from '../passwords.ts';
import { type Session, signIn as signInSteps } from '../sign-in.ts';
import { insertOperator } from '../store.ts';

export interface Office {
  readonly ctx: Context;
  /** The clock people live by. */
  readonly real: TestClock;
  hire(login: string, role: Role, scope?: DataScope): Promise<Caller>;
  signIn(login: string, password?: string, remote?: string): ReturnType<typeof signInSteps>;
  actions(): Promise<string[]>;
}

export const PASSWORD = 'correct horse battery';

/** An installation with nobody in it yet. Everybody who is hired has the same password. */
export async function openOffice(): Promise<Office> {
  const ctx = await testContext();
  const real = testClock('2026-03-02T08:00:00Z');
  const passwordHash = await hashPassword(PASSWORD);
  return {
    ctx,
    real,
    async hire(login, role, scope = { kind: 'group' }) {
      const createdAt = ctx.clock.now();
      const operator = { operatorId: uuidV7(createdAt), login, name: login, role };
      await insertOperator(ctx.db, { ...operator, scope, passwordHash, mustChangePassword: false, createdAt });
      return callerOf(operator, { scope });
    },
    signIn: (login, password = PASSWORD, remote = '10.0.0.1') => signInSteps(ctx, { login, password }, remote, real),
    async actions() {
      const rows = await ctx.db.query<{ action: string }>('select action from audit order by audit_id');
      return rows.map(({ action }) => action);
    },
  };
}

/** Of a sign-in that asks for no code. */
export function sessionOf(answer: Session | { readonly ticket: string }): Session {
  if ('ticket' in answer) throw new Error('a code is asked for');
  return answer;
}
