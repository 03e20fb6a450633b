import type { Role, SignInPolicy } from '@openprepay/contract';
import type { Context } from '../platform/context.ts';
import type { Queryable } from '../platform/database.ts';
import { INSTALLATION, recordAudit } from './audit.ts';

const SETTING = 'second_factor_roles';

export async function signInPolicy(db: Queryable): Promise<SignInPolicy> {
  const [row] = await db.query<{ value: Role[] }>('select value from setting where name = $1', [SETTING]);
  return { secondFactorRoles: row?.value ?? [] };
}

/** Holds from the next call on: whoever has no second factor then sets it up before anything else. */
export async function setSignInPolicy(ctx: Context, operatorId: string, policy: SignInPolicy): Promise<void> {
  await ctx.db.tx(async (tx) => {
    const before = await signInPolicy(tx);
    const after = { secondFactorRoles: [...new Set(policy.secondFactorRoles)].toSorted() };
    await tx.query(
      'insert into setting (name, value) values ($1, $2) on conflict (name) do update set value = excluded.value',
      [SETTING, JSON.stringify(after.secondFactorRoles)],
    );
    await recordAudit(tx, {
      at: ctx.clock.now(),
      marketId: INSTALLATION,
      operatorId,
      action: 'identity.set_sign_in_policy',
      subject: `setting:${SETTING}`,
      before,
      after,
    });
  });
}
