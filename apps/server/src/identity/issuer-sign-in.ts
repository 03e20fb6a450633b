import { type Clock, systemClock } from '@openprepay/kernel';
import type { Context } from '../platform/context.ts';
import { INSTALLATION, recordAudit } from './audit.ts';
import { identityError } from './errors.ts';
import type { Issuer, Proof } from './issuer.ts';
import { bindSubject, findBySubject, insertAttempt, type LinkedRow, takeAttempt } from './issuer-store.ts';
import { openSession, openTicket, type Session } from './sign-in.ts';
import { newThrottle } from './throttle.ts';
import { hashToken, newToken } from './tokens.ts';

/*
 * Signing in by an identity provider's word. It says who somebody is; whether that is an operator, and what he may, is said
 * here: nobody becomes an operator by coming from there.
 */

const ATTEMPT_MS = 10 * 60_000;
/** The page of the console that the browser comes back to. */
export const ANSWER_PATH = '/sign-in/answer';

/** Each attempt is a row and may be a call to the issuer, and anybody may begin one. */
const attempts = newThrottle({ maxFailures: 100, windowMs: 5 * 60_000, maxKeys: 10_000, now: () => performance.now() });

interface Begun {
  readonly url: string;
  /** Kept by the browser: only where it is can the attempt be finished. */
  readonly token: string;
  readonly expiresAt: Date;
}

/**
 * @param origin the address the browser sees this server at
 * @throws identity.issuer_away, identity.too_many_failures
 */
export async function beginIssuerSignIn(
  ctx: Context,
  issuer: Issuer,
  { origin, remote }: { readonly origin: string; readonly remote: string },
  realClock: Clock = systemClock,
): Promise<Begun> {
  if (attempts.isBlocked(remote)) {
    throw identityError('identity.too_many_failures', 'too many attempts; try again in a few minutes');
  }
  attempts.fail(remote);
  const { url, questions } = await issuer.begin(`${origin}${ANSWER_PATH}`);
  const token = newToken();
  const now = realClock.now();
  const expiresAt = new Date(now.getTime() + ATTEMPT_MS);
  await insertAttempt(ctx.db, hashToken(token), hashToken(questions.state), questions, { now, expiresAt });
  return { url, token, expiresAt };
}

/**
 * @param token of the browser that comes back, and the query it was sent back with
 * @returns a ticket for `signInCode` where the operator has a second factor
 * @throws identity.attempt_over, identity.issuer_refused, identity.issuer_wrong, identity.issuer_away, identity.not_linked,
 *   identity.shut_out
 */
export async function finishIssuerSignIn(
  ctx: Context,
  issuer: Issuer,
  { token, query, remote }: { readonly token: string; readonly query: string; readonly remote: string },
  realClock: Clock = systemClock,
): Promise<Session | { readonly ticket: string }> {
  const now = realClock.now();
  const state = new URLSearchParams(query).get('state') ?? '';
  const attempt = await takeAttempt(ctx.db, hashToken(token), hashToken(state), now);
  if (!attempt)
    throw identityError('identity.attempt_over', 'this was used, took too long, or began in another browser');
  const proof = await issuer.prove({ ...attempt, state }, query);
  const found = await linkedOperator(ctx, issuer, proof);
  if (!found) {
    ctx.log.warn({ issuer: issuer.url, subject: proof.subject, remote }, 'sign-in refused: nobody is linked to it');
    throw identityError('identity.not_linked', 'no operator is linked to this identity');
  }
  if (found.disabledAt !== null || (found.lockedUntil !== null && found.lockedUntil > now)) {
    ctx.log.warn({ issuer: issuer.url, login: found.login, remote }, 'sign-in refused: disabled or locked');
    throw identityError('identity.shut_out', 'this operator is disabled, or locked for a while');
  }
  const opening = { remote, method: 'issuer', now, issuer: issuer.url } as const;
  return found.hasSecondFactor ? openTicket(ctx, found, opening) : openSession(ctx, found, opening);
}

async function linkedOperator(ctx: Context, issuer: Issuer, proof: Proof): Promise<LinkedRow | null> {
  const known = await findBySubject(ctx.db, issuer.url, proof.subject);
  if (known) return known;
  const email = await proof.verifiedEmail();
  if (email === null) return null;
  return ctx.db.tx(async (tx) => {
    const operatorId = await bindSubject(tx, issuer.url, email, proof.subject);
    if (operatorId === null) return null;
    await recordAudit(tx, {
      at: ctx.clock.now(),
      marketId: INSTALLATION,
      operatorId,
      action: 'identity.bind_link',
      subject: `operator:${operatorId}`,
      before: { issuer: issuer.url, email },
      after: { issuer: issuer.url, subject: proof.subject },
    });
    return findBySubject(tx, issuer.url, proof.subject);
  });
}
