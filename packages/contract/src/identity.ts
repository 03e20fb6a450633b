import Type, { type Static } from 'typebox';
import { defineRoute, ROLES } from './route.ts';
import { Id, Instant, Nullable, Operator } from './schemas.ts';

const Nothing = Type.Null();
const Login = Type.String({ maxLength: 64 });
const Password = Type.String({ maxLength: 256 });

/** What an operator may see and touch: all, whole markets, or some buildings of one market. */
export const DataScope = Type.Union([
  Type.Object({ kind: Type.Literal('group') }),
  Type.Object({ kind: Type.Literal('markets'), marketIds: Type.Array(Id, { minItems: 1, maxItems: 1_000 }) }),
  Type.Object({
    kind: Type.Literal('buildings'),
    marketId: Id,
    buildingIds: Type.Array(Id, { minItems: 1, maxItems: 1_000 }),
  }),
]);
export type DataScope = Static<typeof DataScope>;

/** Who a call comes from. Until `mustFirst` is done, only his own page answers him. */
export const Caller = Type.Object({
  ...Operator.properties,
  scope: DataScope,
  mustFirst: Nullable(Type.Enum(['password', 'second_factor'])),
  hasSecondFactor: Type.Boolean(),
});
export type Caller = Static<typeof Caller>;

/** The password was right; a code of the second factor is asked for, within five minutes. */
export const NeedsCode = Type.Object({ needsCode: Type.Literal(true), ticket: Type.String() });
export type NeedsCode = Static<typeof NeedsCode>;

/** Whom an operator is at the identity provider: told by its subject, or by an e-mail until he first comes by it. */
export const IssuerLink = Type.Object({
  issuer: Type.String(),
  subject: Nullable(Type.String()),
  email: Nullable(Type.String()),
});
export type IssuerLink = Static<typeof IssuerLink>;

export const Session = Type.Object({
  sessionId: Id,
  createdAt: Instant,
  expiresAt: Instant,
  remote: Type.String(),
  /** The session that asks. */
  current: Type.Boolean(),
});
export type Session = Static<typeof Session>;

const RecoveryCodes = Type.Object({ recoveryCodes: Type.Array(Type.String()) });
/** Signing in, and what is an operator's own: open to whoever is signed in, whatever else he must do first. */
export const identityRoutes = {
  signIn: defineRoute({
    method: 'POST',
    path: '/api/sign-in',
    summary: 'Sign in with login and password; sets the session cookie, or asks for a code of the second factor',
    roles: 'public',
    body: Type.Object({ login: Login, password: Password }),
    response: Type.Union([Caller, NeedsCode]),
  }),
  signInCode: defineRoute({
    method: 'POST',
    path: '/api/sign-in/code',
    summary: 'The second step: a code of the app, or one of the recovery codes; sets the session cookie',
    roles: 'public',
    body: Type.Object({ ticket: Type.String({ maxLength: 64 }), code: Type.String({ maxLength: 64 }) }),
    response: Caller,
  }),
  signOut: defineRoute({
    method: 'POST',
    path: '/api/sign-out',
    summary: 'End this session',
    roles: ROLES,
    scope: 'self',
    response: Nothing,
  }),
  me: defineRoute({
    method: 'GET',
    path: '/api/me',
    summary: 'The operator this session or key belongs to',
    roles: ROLES,
    scope: 'self',
    response: Caller,
  }),
  changeMyPassword: defineRoute({
    method: 'POST',
    path: '/api/me/password',
    summary: 'A new password for the old one; ends all other sessions',
    roles: ROLES,
    scope: 'self',
    sessionOnly: true,
    body: Type.Object({ oldPassword: Password, newPassword: Password }),
    response: Nothing,
  }),
  mySessions: defineRoute({
    method: 'GET',
    path: '/api/me/sessions',
    summary: 'Where I am signed in',
    roles: ROLES,
    scope: 'self',
    sessionOnly: true,
    response: Type.Array(Session),
  }),
  keepMySession: defineRoute({
    method: 'POST',
    path: '/api/me/sessions/kept',
    summary: 'Keep this session for as long again: for a screen on a wall, and only for a role that changes nothing',
    roles: ['auditor'],
    scope: 'self',
    sessionOnly: true,
    response: Type.Object({ expiresAt: Instant }),
  }),
  endMySession: defineRoute({
    method: 'DELETE',
    path: '/api/me/sessions/:sessionId',
    summary: 'End one of my sessions',
    roles: ROLES,
    scope: 'self',
    sessionOnly: true,
    params: Type.Object({ sessionId: Id }),
    response: Nothing,
  }),
  mySecondFactor: defineRoute({
    method: 'GET',
    path: '/api/me/second-factor',
    summary: 'Whether a second factor is set up, and how many recovery codes are left',
    roles: ROLES,
    scope: 'self',
    sessionOnly: true,
    response: Type.Object({ confirmed: Type.Boolean(), recoveryCodesLeft: Type.Integer() }),
  }),
  enrolSecondFactor: defineRoute({
    method: 'POST',
    path: '/api/me/second-factor',
    summary: 'Begin to set up a second factor; it holds once a first code is confirmed',
    roles: ROLES,
    scope: 'self',
    sessionOnly: true,
    body: Type.Object({ password: Password }),
    response: Type.Object({ secret: Type.String(), uri: Type.String() }),
  }),
  confirmSecondFactor: defineRoute({
    method: 'POST',
    path: '/api/me/second-factor/confirmation',
    summary: 'A first code of the app; answers the recovery codes, shown this once',
    roles: ROLES,
    scope: 'self',
    sessionOnly: true,
    body: Type.Object({ code: Type.String({ maxLength: 64 }) }),
    response: RecoveryCodes,
  }),
  renewRecoveryCodes: defineRoute({
    method: 'POST',
    path: '/api/me/second-factor/recovery-codes',
    summary: 'New recovery codes in place of the old ones, shown this once',
    roles: ROLES,
    scope: 'self',
    sessionOnly: true,
    body: Type.Object({ password: Password }),
    response: RecoveryCodes,
  }),
  removeSecondFactor: defineRoute({
    method: 'POST',
    path: '/api/me/second-factor/removal',
    summary: 'Sign in without a second factor again',
    roles: ROLES,
    scope: 'self',
    sessionOnly: true,
    body: Type.Object({ password: Password }),
    response: Nothing,
  }),
} as const;
