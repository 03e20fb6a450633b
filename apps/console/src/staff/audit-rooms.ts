import type { AuditRoom } from '@openprepay/contract';

/** Kinds of acts that the audit can be filtered by: all there are. */
export const AUDIT_ROOMS = [
  'accounts',
  'approvals',
  'collection',
  'control',
  'counter',
  'devices',
  'headend',
  'identity',
  'prices',
  'readings',
  'replacement',
  'settlement',
  'sites',
  'tenancy',
] as const satisfies readonly AuditRoom[];
