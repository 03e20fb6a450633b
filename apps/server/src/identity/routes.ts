import type { Handlers, SecretCookie } from '../platform/handlers.ts';
import { createApiKey, revokeApiKey } from './api-keys.ts';
import { INSTALLATION } from './audit.ts';
import { listAudit } from './audit-list.ts';
import { identityError } from './errors.ts';
import type { Issuer } from './issuer.ts';
import { beginIssuerSignIn, finishIssuerSignIn } from './issuer-sign-in.ts';
import { linkOf } from './issuer-store.ts';
import { keepList, keptLists } from './kept.ts';
import { listApiKeys } from './key-list.ts';
import { linkOperator, unlinkOperator } from './links.ts';
import { changePassword, confirmSecondFactor, dropSecondFactor, enrolSecondFactor, newRecoveryCodes } from './own.ts';
import { setSignInPolicy, signInPolicy } from './policy.ts';
import { secondFactorOf } from './second-factor.ts';
import { endOneSession, keepSession, listSessions, type Session, signIn, signInCode, signOut } from './sign-in.ts';
import {
  changeRole,
  createStaff,
  endSessions,
  resetPassword,
  resetSecondFactor,
  scopeChoices,
  unlock,
  updateStaff,
} from './staff.ts';
import { listStaff } from './staff-list.ts';

const ownRoutes = {
  async signIn(ctx, { body, cookie, remote }) {
    return answered(await signIn(ctx, body, remote), cookie);
  },
  async signInCode(ctx, { body, cookie, remote }) {
    const session = await signInCode(ctx, body, remote);
    cookie.set(session.token, session.expiresAt);
    return session.operator;
  },
  async signOut(ctx, { cookie }) {
    if (cookie.value !== null) await signOut(ctx, cookie.value);
    cookie.clear();
    return null;
  },
  async me(_ctx, { operator }) {
    return operator;
  },
  async changeMyPassword(ctx, { body, operator, cookie }) {
    const { operatorId, login } = operator;
    await changePassword(ctx, { operatorId, login, ...body, token: cookie.value ?? '' });
    return null;
  },
  mySessions: (ctx, { operator, cookie }) => listSessions(ctx, operator.operatorId, cookie.value ?? ''),
  async keepMySession(ctx, { cookie }) {
    const expiresAt = await keepSession(ctx, cookie.value ?? '');
    cookie.set(cookie.value ?? '', expiresAt);
    return { expiresAt: expiresAt.toISOString() };
  },
  async endMySession(ctx, { params, operator }) {
    await endOneSession(ctx, operator.operatorId, params.sessionId);
    return null;
  },
  mySecondFactor: (ctx, { operator }) => secondFactorOf(ctx.db, operator.operatorId),
  enrolSecondFactor: (ctx, { operator, body }) => enrolSecondFactor(ctx, operator.operatorId, body.password),
  async confirmSecondFactor(ctx, { operator, body }) {
    return { recoveryCodes: await confirmSecondFactor(ctx, operator.operatorId, body.code) };
  },
  async renewRecoveryCodes(ctx, { operator, body }) {
    return { recoveryCodes: await newRecoveryCodes(ctx, operator.operatorId, body.password) };
  },
  async removeSecondFactor(ctx, { operator, body }) {
    await dropSecondFactor(ctx, operator.operatorId, body.password);
    return null;
  },
  myLists: (ctx, { operator }) => keptLists(ctx.db, operator.operatorId),
  async keepMyList(ctx, { operator, params, body }) {
    await keepList(ctx.db, operator.operatorId, params.list, body);
    return null;
  },
} satisfies Partial<Handlers>;

const staffRoutes = {
  operators: (ctx, { operator, query }) => listStaff(ctx, operator, query),
  createOperator: (ctx, { operator, body }) => createStaff(ctx, operator, body),
  async updateOperator(ctx, { params, operator, body }) {
    await updateStaff(ctx, operator, params.operatorId, body);
    return null;
  },
  async changeRole(ctx, { params, operator, body }) {
    await changeRole(ctx, operator, params.operatorId, body.role);
    return null;
  },
  resetPassword: (ctx, { params, operator }) => resetPassword(ctx, operator, params.operatorId),
  async resetSecondFactor(ctx, { params, operator }) {
    await resetSecondFactor(ctx, operator, params.operatorId);
    return null;
  },
  async endSessions(ctx, { params, operator }) {
    await endSessions(ctx, operator, params.operatorId);
    return null;
  },
  async unlockOperator(ctx, { params, operator }) {
    await unlock(ctx, operator, params.operatorId);
    return null;
  },
  scopeChoices: (ctx, { operator }) => scopeChoices(ctx.db, operator.scope),
  signInPolicy: (ctx) => signInPolicy(ctx.db),
  async setSignInPolicy(ctx, { operator, body }) {
    await setSignInPolicy(ctx, operator.operatorId, body);
    return null;
  },
} satisfies Partial<Handlers>;

const keyRoutes = {
  apiKeys: (ctx, { operator, query }) => listApiKeys(ctx.db, operator, query),
  createApiKey: (ctx, { operator, body }) => createApiKey(ctx, operator, body),
  async revokeApiKey(ctx, { params, operator }) {
    await revokeApiKey(ctx, operator, params.keyId);
    return null;
  },
} satisfies Partial<Handlers>;

/** What needs to know the identity provider; null where none is configured. */
export const issuerRoutes = (issuer: Issuer | null) =>
  ({
    signInWays: async () => ({ issuer: issuer && { name: issuer.name } }),
    async beginIssuerSignIn(ctx, { origin, remote, attemptCookie }) {
      const { url, token, expiresAt } = await beginIssuerSignIn(ctx, required(issuer), { origin, remote });
      attemptCookie.set(token, expiresAt);
      return { url };
    },
    async finishIssuerSignIn(ctx, { body: { query }, cookie, attemptCookie, remote }) {
      const token = attemptCookie.value ?? '';
      const answer = await finishIssuerSignIn(ctx, required(issuer), { token, query, remote });
      attemptCookie.clear();
      return answered(answer, cookie);
    },
    myLink: (ctx, { operator }) => linkOf(ctx.db, operator.operatorId),
    async linkOperator(ctx, { params, operator, body }) {
      await linkOperator(ctx, issuer, operator, params.operatorId, body);
      return null;
    },
    async unlinkOperator(ctx, { params, operator }) {
      await unlinkOperator(ctx, operator, params.operatorId);
      return null;
    },
  }) satisfies Partial<Handlers>;

/** @throws identity.no_issuer */
function required(issuer: Issuer | null): Issuer {
  if (!issuer) throw identityError('identity.no_issuer', 'no identity provider is configured');
  return issuer;
}

function answered(answer: Session | { readonly ticket: string }, cookie: SecretCookie) {
  if ('ticket' in answer) return { needsCode: true, ticket: answer.ticket } as const;
  cookie.set(answer.token, answer.expiresAt);
  return answer.operator;
}

export const identityRoutes = {
  ...ownRoutes,
  ...staffRoutes,
  ...keyRoutes,
  audit: (ctx, { params, query }) => listAudit(ctx.db, params.marketId, query),
  installationAudit: (ctx, { query }) => listAudit(ctx.db, INSTALLATION, query),
} satisfies Partial<Handlers>;
