import type { Handlers } from '../platform/handlers.ts';
import { createApiKey, listApiKeys, revokeApiKey } from './api-keys.ts';
import { INSTALLATION } from './audit.ts';
import { listAudit } from './audit-list.ts';
import { changePassword, confirmSecondFactor, dropSecondFactor, enrolSecondFactor, newRecoveryCodes } from './own.ts';
import { setSignInPolicy, signInPolicy } from './policy.ts';
import { secondFactorOf } from './second-factor.ts';
import { endOneSession, listSessions, signIn, signInCode, signOut } from './sign-in.ts';
import {
  changeRole,
  createStaff,
  endSessions,
  listStaff,
  resetPassword,
  resetSecondFactor,
  scopeChoices,
  unlock,
  updateStaff,
} from './staff.ts';

const ownRoutes = {
  async signIn(ctx, { body, cookie, remote }) {
    const answer = await signIn(ctx, body, remote);
    if ('ticket' in answer) return { needsCode: true, ticket: answer.ticket };
    cookie.set(answer.token, answer.expiresAt);
    return answer.operator;
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
} satisfies Partial<Handlers>;

const staffRoutes = {
  operators: (ctx, { operator }) => listStaff(ctx, operator),
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
  apiKeys: (ctx, { operator }) => listApiKeys(ctx.db, operator),
  createApiKey: (ctx, { operator, body }) => createApiKey(ctx, operator, body),
  async revokeApiKey(ctx, { params, operator }) {
    await revokeApiKey(ctx, operator, params.keyId);
    return null;
  },
} satisfies Partial<Handlers>;

export const identityRoutes = {
  ...ownRoutes,
  ...staffRoutes,
  ...keyRoutes,
  audit: (ctx, { params, query }) => listAudit(ctx.db, params.marketId, query),
  installationAudit: (ctx, { query }) => listAudit(ctx.db, INSTALLATION, query),
} satisfies Partial<Handlers>;
