import Type from 'typebox';
import { Caller, IssuerLink, NeedsCode } from './identity.ts';
import { defineRoute, ROLES } from './route.ts';
import { Id, Nullable } from './schemas.ts';

const ofOperator = Type.Object({ operatorId: Id });
/** OpenID Connect Core 1.0, section 2: a subject has at most 255 characters. */
const Subject = Type.String({ minLength: 1, maxLength: 255 });
const Email = Type.String({ minLength: 3, maxLength: 254, pattern: '^[^\\s@]+@[^\\s@]+$' });

/** Signing in by the word of an identity provider (OpenID Connect), and whom an operator is there. */
export const issuerRoutes = {
  signInWays: defineRoute({
    method: 'GET',
    path: '/api/sign-in/ways',
    summary: 'How one may sign in beside login and password: the identity provider, where one is configured',
    roles: 'public',
    response: Type.Object({ issuer: Nullable(Type.Object({ name: Type.String() })) }),
  }),
  beginIssuerSignIn: defineRoute({
    method: 'POST',
    path: '/api/sign-in/issuer',
    summary:
      'Begin to sign in at the identity provider: where to send the browser; sets a cookie that only it comes back with',
    roles: 'public',
    response: Type.Object({ url: Type.String() }),
  }),
  finishIssuerSignIn: defineRoute({
    method: 'POST',
    path: '/api/sign-in/issuer/answer',
    summary: 'What the identity provider answered; sets the session cookie, or asks for a code of the second factor',
    roles: 'public',
    /** The query that the browser was sent back with, as it is. */
    body: Type.Object({ query: Type.String({ maxLength: 8_192 }) }),
    response: Type.Union([Caller, NeedsCode]),
  }),
  myLink: defineRoute({
    method: 'GET',
    path: '/api/me/link',
    summary: 'Whom one is at the identity provider',
    roles: ROLES,
    scope: 'self',
    sessionOnly: true,
    response: Nullable(IssuerLink),
  }),
  linkOperator: defineRoute({
    method: 'PUT',
    path: '/api/operators/:operatorId/link',
    summary:
      'Let an operator sign in by the identity provider: as this subject, or as whoever first has this verified e-mail',
    roles: ['admin'],
    scope: 'market',
    sessionOnly: true,
    params: ofOperator,
    body: Type.Union([Type.Object({ email: Email }), Type.Object({ subject: Subject })]),
    response: Type.Null(),
  }),
  unlinkOperator: defineRoute({
    method: 'DELETE',
    path: '/api/operators/:operatorId/link',
    summary: 'Let him sign in by the identity provider no more; ends the sessions that began there',
    roles: ['admin'],
    scope: 'market',
    sessionOnly: true,
    params: ofOperator,
    response: Type.Null(),
  }),
} as const;
