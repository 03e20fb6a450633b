import type { Handlers } from '../platform/handlers.ts';
import { signIn, signOut } from './service.ts';

export const identityRoutes = {
  async signIn(ctx, { body, cookie, remote }) {
    const session = await signIn(ctx, body, remote);
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
} satisfies Partial<Handlers>;
