import Type, { type Static } from 'typebox';
import { DataScope, IssuerLink } from './identity.ts';
import { defineRoute, ROLES } from './route.ts';
import { Id, Instant, MAX_LIST_ROWS, Nullable, Operator } from './schemas.ts';

/*
 * Looking after operators and the keys of other programs.
 */

const Nothing = Type.Null();
const ofOperator = Type.Object({ operatorId: Id });
const Login = Type.String({ maxLength: 64 });
const Name = Type.String({ minLength: 1, maxLength: 80 });
const NewPassword = Type.Object({ operatorId: Id, password: Type.String() });

/** As far as anybody gets in: what comes later goes before. A lock-out ends by itself. */
export const STAFF_STATES = ['active', 'must_change', 'locked', 'disabled'] as const;

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
  state: Type.Enum([...STAFF_STATES]),
});
export type StaffMember = Static<typeof StaffMember>;

export const KEY_STATES = ['live', 'expired', 'revoked'] as const;

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
  state: Type.Enum([...KEY_STATES]),
});
export type ApiKey = Static<typeof ApiKey>;

const SCOPE_KINDS = ['group', 'markets', 'buildings'] as const;
const narrowed = {
  page: Type.Optional(Type.Integer({ minimum: 1, maximum: 100_000 })),
  pageSize: Type.Optional(Type.Integer({ minimum: 1, maximum: MAX_LIST_ROWS })),
  descending: Type.Optional(Type.Boolean()),
  role: Type.Optional(Type.Enum([...ROLES])),
  scope: Type.Optional(Type.Enum([...SCOPE_KINDS])),
  text: Type.Optional(Type.String({ maxLength: 80 })),
};

export const STAFF_SORTS = ['name', 'role', 'lastSignIn', 'created'] as const;
export const StaffQuery = Type.Object({
  ...narrowed,
  sort: Type.Optional(Type.Enum([...STAFF_SORTS])),
  state: Type.Optional(Type.Enum([...STAFF_STATES])),
  secondFactor: Type.Optional(Type.Boolean()),
});
export type StaffQuery = Static<typeof StaffQuery>;

export const StaffPage = Type.Object({
  total: Type.Integer(),
  operators: Type.Array(StaffMember),
  /** Whether making somebody group operator or finance takes a second person now. */
  secondPersonNeeded: Type.Boolean(),
});
export type StaffPage = Static<typeof StaffPage>;

export const KEY_SORTS = ['name', 'role', 'created', 'expires', 'lastUsed'] as const;
export const ApiKeyQuery = Type.Object({
  ...narrowed,
  sort: Type.Optional(Type.Enum([...KEY_SORTS])),
  state: Type.Optional(Type.Enum([...KEY_STATES])),
});
export type ApiKeyQuery = Static<typeof ApiKeyQuery>;

export const ApiKeyPage = Type.Object({ total: Type.Integer(), keys: Type.Array(ApiKey) });
export type ApiKeyPage = Static<typeof ApiKeyPage>;

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

const memberRoutes = {
  operators: defineRoute({
    method: 'GET',
    path: '/api/operators',
    summary: 'The operators whose scope lies within one’s own, filtered, sorted and by the page',
    roles: ['admin', 'auditor'],
    scope: 'market',
    query: StaffQuery,
    response: StaffPage,
    list: {
      rows: 'operators',
      paging: 'page',
      cells: {
        name: ['name', 'text'],
        login: ['login', 'text'],
        role: ['role', 'code'],
        scope: ['scope.kind', 'code'],
        state: ['state', 'code'],
        lockedUntil: ['lockedUntil', 'instant'],
        factor: ['hasSecondFactor', 'code'],
        sessions: ['sessions', 'integer'],
        lastSignIn: ['lastSignInAt', 'instant'],
        created: ['createdAt', 'instant'],
      },
    },
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
    summary: 'The keys one made oneself, or all within one’s scope for group operators and auditors, by the page',
    roles: ['admin', 'manager', 'auditor'],
    scope: 'market',
    query: ApiKeyQuery,
    response: ApiKeyPage,
    list: {
      rows: 'keys',
      paging: 'page',
      cells: {
        name: ['name', 'text'],
        prefix: ['prefix', 'text'],
        role: ['role', 'code'],
        scope: ['scope.kind', 'code'],
        state: ['state', 'code'],
        expires: ['expiresAt', 'instant'],
        lastUsed: ['lastUsedAt', 'instant'],
        madeBy: ['madeBy', 'text'],
        created: ['createdAt', 'instant'],
      },
    },
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

export const staffRoutes = { ...memberRoutes, ...keyRoutes } as const;
