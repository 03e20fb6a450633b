import type { Role } from '@openprepay/contract';

/** The browser imports no values of the contract, so the order of roles stands here; a test holds it to the contract. */
export const ROLE_ORDER = ['admin', 'manager', 'finance', 'cashier', 'technician', 'auditor'] as const satisfies Role[];

/** The roles that take two group operators, once there are two. */
export const isRaised = (role: Role): boolean => role === 'admin' || role === 'finance';

/** The roles of which one may make an API key. */
export const grantable = (maker: Role | undefined): readonly Role[] =>
  maker === 'admin' ? ROLE_ORDER : maker === 'manager' ? ['manager', 'cashier', 'technician', 'auditor'] : [];
