import Type, { type Static } from 'typebox';
import { defineRoute, ROLES } from './route.ts';
import { Id, Instant, Nullable, Operator } from './schemas.ts';

const Nothing = Type.Null();
const Login = Type.String({ maxLength: 64 });
const Password = Type.String({ maxLength: 256 });
const ofOperator = Type.Object({ operatorId: Id });

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

export const StaffMember = Type.Object({
  ...Operator.properties,
  scope: DataScope,
  createdAt: Instant,
  disabledAt: Nullable(Instant),
  lockedUntil: Nullable(Instant),
  mustChangePassword: Type.Boolean(),
  hasSecondFactor: Type.Boolean(),
  sessions: Type.Integer(),
  link: Nullable(IssuerLink),
  lastSignInAt: Nullable(Instant),
});
export type StaffMember = Static<typeof StaffMember>;

export const Session = Type.Object({
  sessionId: Id,
  createdAt: Instant,
  expiresAt: Instant,
  remote: Type.String(),
  /** The session that asks. */
  current: Type.Boolean(),
});
export type Session = Static<typeof Session>;

export const ApiKey = Type.Object({
  keyId: Id,
  name: Type.String(),
  /** The key begins with it. */
  prefix: Type.String(),
  role: Type.Enum([...ROLES]),
  scope: DataScope,
  madeBy: Type.String(),
  createdAt: Instant,
  expiresAt: Instant,
  lastUsedAt: Nullable(Instant),
  revokedAt: Nullable(Instant),
});
export type ApiKey = Static<typeof ApiKey>;

export const SignInPolicy = Type.Object({
  /** The roles that may do nothing before they have a second factor. */
  secondFactorRoles: Type.Array(Type.Enum([...ROLES]), { maxItems: 6 }),
});
export type SignInPolicy = Static<typeof SignInPolicy>;

const ScopeChoice = Type.Object({
  marketId: Id,
  name: Type.String(),
  buildings: Type.Array(Type.Object({ buildingId: Id, name: Type.String() })),
});

const RecoveryCodes = Type.Object({ recoveryCodes: Type.Array(Type.String()) });
const NewPassword = Type.Object({ operatorId: Id, password: Type.String() });
const Name = Type.String({ minLength: 1, maxLength: 80 });

/** Signing in, and what is an operator's own: open to whoever is signed in, whatever else he must do first. */
const ownRoutes = {
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

const operatorsRoutes = {
  operators: defineRoute({
    method: 'GET',
    path: '/api/operators',
    summary: 'The operators whose scope lies within one’s own',
    roles: ['admin', 'auditor'],
    scope: 'market',
    response: Type.Object({
      operators: Type.Array(StaffMember),
      /** Whether making somebody group operator or finance takes a second person now. */
      secondPersonNeeded: Type.Boolean(),
    }),
  }),
  createOperator: defineRoute({
    method: 'POST',
    path: '/api/operators',
    summary: 'Make an operator; the password is shown this once and changed at the first sign-in',
    roles: ['admin'],
    scope: 'market',
    sessionOnly: true,
    body: Type.Object({ login: Login, name: Name, role: Type.Enum([...ROLES]), scope: DataScope }),
    response: NewPassword,
  }),
  updateOperator: defineRoute({
    method: 'PUT',
    path: '/api/operators/:operatorId',
    summary: 'Name and scope of an operator, and whether he may sign in',
    roles: ['admin'],
    scope: 'market',
    sessionOnly: true,
    params: ofOperator,
    body: Type.Object({ name: Name, scope: DataScope, disabled: Type.Boolean() }),
    response: Nothing,
  }),
  changeRole: defineRoute({
    method: 'PUT',
    path: '/api/operators/:operatorId/role',
    summary:
      'Another role; to group operator or finance by a second person (approval of kind role_change) where there is one',
    roles: ['admin'],
    scope: 'market',
    sessionOnly: true,
    params: ofOperator,
    body: Type.Object({ role: Type.Enum([...ROLES]) }),
    response: Nothing,
  }),
  resetPassword: defineRoute({
    method: 'POST',
    path: '/api/operators/:operatorId/password',
    summary: 'A new password, shown this once and changed at the next sign-in; ends his sessions and his lock-out',
    roles: ['admin'],
    scope: 'market',
    sessionOnly: true,
    params: ofOperator,
    response: NewPassword,
  }),
  resetSecondFactor: defineRoute({
    method: 'POST',
    path: '/api/operators/:operatorId/second-factor/removal',
    summary: 'For one who lost his phone and his recovery codes',
    roles: ['admin'],
    scope: 'market',
    sessionOnly: true,
    params: ofOperator,
    response: Nothing,
  }),
  endSessions: defineRoute({
    method: 'POST',
    path: '/api/operators/:operatorId/sessions/end',
    summary: 'Sign an operator out everywhere',
    roles: ['admin'],
    scope: 'market',
    sessionOnly: true,
    params: ofOperator,
    response: Nothing,
  }),
  unlockOperator: defineRoute({
    method: 'POST',
    path: '/api/operators/:operatorId/unlock',
    summary: 'End a lock-out before its time',
    roles: ['admin'],
    scope: 'market',
    sessionOnly: true,
    params: ofOperator,
    response: Nothing,
  }),
  scopeChoices: defineRoute({
    method: 'GET',
    path: '/api/scope-choices',
    summary: 'The markets and buildings that a scope may name',
    roles: ['admin', 'manager', 'auditor'],
    scope: 'market',
    response: Type.Array(ScopeChoice),
  }),
  signInPolicy: defineRoute({
    method: 'GET',
    path: '/api/sign-in-policy',
    summary: 'Which roles need a second factor',
    roles: ['admin', 'auditor'],
    scope: 'group',
    response: SignInPolicy,
  }),
  setSignInPolicy: defineRoute({
    method: 'PUT',
    path: '/api/sign-in-policy',
    summary: 'Ask roles for a second factor: whoever has none sets it up before anything else',
    roles: ['admin'],
    scope: 'group',
    sessionOnly: true,
    body: SignInPolicy,
    response: Nothing,
  }),
} as const;

const keyRoutes = {
  apiKeys: defineRoute({
    method: 'GET',
    path: '/api/api-keys',
    summary: 'The keys one made oneself; all within one’s scope for group operators and auditors',
    roles: ['admin', 'manager', 'auditor'],
    scope: 'market',
    response: Type.Array(ApiKey),
  }),
  createApiKey: defineRoute({
    method: 'POST',
    path: '/api/api-keys',
    summary: 'Make a key for another program, of a role and scope within one’s own; shown this once',
    roles: ['admin', 'manager'],
    scope: 'market',
    sessionOnly: true,
    body: Type.Object({
      name: Name,
      role: Type.Enum([...ROLES]),
      scope: DataScope,
      days: Type.Integer({ minimum: 1, maximum: 366 }),
    }),
    response: Type.Object({ keyId: Id, key: Type.String(), expiresAt: Instant }),
  }),
  revokeApiKey: defineRoute({
    method: 'POST',
    path: '/api/api-keys/:keyId/revocation',
    summary: 'End a key at once and for good',
    roles: ['admin', 'manager'],
    scope: 'market',
    sessionOnly: true,
    params: Type.Object({ keyId: Id }),
    response: Nothing,
  }),
} as const;

export const identityRoutes = { ...ownRoutes, ...operatorsRoutes, ...keyRoutes } as const;
