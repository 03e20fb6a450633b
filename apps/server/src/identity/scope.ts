import type { DataScope, Role } from '@openprepay/contract';

/** Whether all that the inner scope holds lies in the outer one. */
export function covers(outer: DataScope, inner: DataScope): boolean {
  if (outer.kind === 'group') return true;
  if (inner.kind === 'group') return false;
  if (outer.kind === 'markets') {
    const markets = inner.kind === 'markets' ? inner.marketIds : [inner.marketId];
    return markets.every((marketId) => outer.marketIds.includes(marketId));
  }
  return (
    inner.kind === 'buildings' &&
    inner.marketId === outer.marketId &&
    inner.buildingIds.every((buildingId) => outer.buildingIds.includes(buildingId))
  );
}

/** The whole markets that a scope holds, for `scopeWithin`; null for all of them. */
export const marketsWithin = (scope: DataScope): string | null =>
  scope.kind === 'group' ? null : JSON.stringify(scope.kind === 'markets' ? scope.marketIds : []);

/** SQL: whether a scope lies in the markets of a parameter, as `covers` says it of whoever has whole markets. */
export const scopeWithin = (scope: string, parameter: string): string =>
  `(${parameter}::jsonb is null or ${parameter}::jsonb @> case ${scope} ->> 'kind'
     when 'markets' then ${scope} -> 'marketIds' when 'buildings' then jsonb_build_array(${scope} ->> 'marketId')
     else '[null]' end)`;

const GRANTS: Readonly<Partial<Record<Role, readonly Role[]>>> = {
  admin: ['admin', 'manager', 'finance', 'cashier', 'technician', 'auditor'],
  manager: ['manager', 'cashier', 'technician', 'auditor'],
};

/** Whether one of a role may make a key of another: never one that may do what he may not. */
export const mayGrant = (maker: Role, role: Role): boolean => GRANTS[maker]?.includes(role) ?? false;

/** The roles that one person alone gives to nobody, once there is a second who could agree. */
export const isRaised = (role: Role): boolean => role === 'admin' || role === 'finance';
