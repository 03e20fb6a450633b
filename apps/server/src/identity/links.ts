import type { Caller } from '@openprepay/contract';
import type { Context } from '../platform/context.ts';
import { identityError } from './errors.ts';
import type { Issuer } from './issuer.ts';
import { deleteLink, linkOf, replaceLink } from './issuer-store.ts';
import { onOther } from './staff.ts';

type Whom = { readonly email: string } | { readonly subject: string };

/**
 * Whom an operator is at the issuer, in place of whom he was there. An e-mail counts only where the issuer says that it has
 * verified it.
 * @throws identity.no_issuer, identity.no_such_operator, identity.not_oneself, identity.link_taken
 */
export async function linkOperator(
  ctx: Context,
  issuer: Issuer | null,
  caller: Caller,
  operatorId: string,
  whom: Whom,
) {
  if (!issuer) throw identityError('identity.no_issuer', 'no identity provider is configured');
  const { url } = issuer;
  const link =
    'email' in whom
      ? { issuer: url, subject: null, email: whom.email.toLowerCase() }
      : { issuer: url, subject: whom.subject, email: null };
  await onOther(ctx, caller, operatorId, 'identity.link', async (tx, note) => {
    const before = await linkOf(tx, operatorId);
    if (!(await replaceLink(tx, operatorId, link, ctx.clock.now()))) {
      throw identityError('identity.link_taken', 'another operator is linked to it');
    }
    note({ before, after: link });
  });
}

/** @throws identity.no_such_operator, identity.not_oneself, identity.no_link */
export const unlinkOperator = (ctx: Context, caller: Caller, operatorId: string): Promise<void> =>
  onOther(ctx, caller, operatorId, 'identity.unlink', async (tx, note) => {
    const before = await linkOf(tx, operatorId);
    if (!before) throw identityError('identity.no_link', 'this operator is linked to nobody');
    await deleteLink(tx, operatorId);
    note({ before });
  });
