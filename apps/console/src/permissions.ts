import type { DataScope, Role } from '@openprepay/contract';

/**
 * What a role may do, so that the console does not show a button that the server would refuse.
 * The contract's routes are the rule; a test holds this list to them.
 */
export const ROLES_OF = {
  topUp: ['admin', 'cashier'],
  accounts: ['admin', 'manager', 'finance', 'cashier', 'auditor'],
  proof: ['admin', 'manager', 'finance', 'cashier', 'auditor'],
  charges: ['admin', 'manager', 'finance', 'cashier', 'auditor'],
  notices: ['admin', 'manager', 'finance', 'cashier', 'auditor'],
  openAccounts: ['admin', 'manager', 'finance', 'cashier'],
  importAccounts: ['admin', 'manager', 'finance', 'cashier'],
  setCredit: ['admin', 'manager'],
  setMarketTerms: ['admin', 'manager'],
  receipts: ['admin', 'manager', 'finance', 'cashier', 'auditor'],
  ledger: ['admin', 'manager', 'finance', 'auditor'],
  reprintReceipt: ['admin', 'manager', 'finance', 'cashier'],
  reverseSale: ['admin', 'cashier'],
  openShift: ['admin', 'cashier'],
  shifts: ['admin', 'manager', 'finance', 'cashier', 'auditor'],
  counterDays: ['admin', 'manager', 'finance', 'cashier', 'auditor'],
  closeDay: ['admin', 'manager', 'finance'],
  salesReport: ['admin', 'manager', 'finance', 'cashier', 'auditor'],
  setOverride: ['admin', 'technician'],
  lockOut: ['admin', 'manager', 'technician'],
  liftLockout: ['admin', 'manager'],
  cutSite: ['admin', 'manager'],
  previewMass: ['admin', 'manager'],
  setSwitchingRules: ['admin', 'manager'],
  setProvisionalRule: ['admin', 'manager'],
  createBuilding: ['admin', 'manager'],
  setBuildingTimes: ['admin', 'manager'],
  savePriceDraft: ['admin', 'manager', 'finance'],
  makeDefaultPlan: ['admin', 'manager'],
  putGridPrice: ['admin', 'manager', 'finance'],
  setPriceCap: ['admin', 'manager'],
  releaseHold: ['admin', 'finance'],
  unclaimedDevices: ['admin', 'technician', 'auditor'],
  createStall: ['admin', 'manager'],
  createMeter: ['admin', 'technician'],
  replaceMeter: ['admin', 'technician'],
  createGateway: ['admin', 'technician'],
  saveNbProduct: ['admin'],
  claimDevice: ['admin', 'technician'],
  correctReading: ['admin', 'finance'],
  collectorSessions: ['admin', 'technician', 'auditor'],
  meterSettings: ['admin', 'technician', 'auditor'],
  orderSetting: ['admin', 'technician'],
  readNow: ['admin', 'technician'],
  operators: ['admin', 'auditor'],
  createOperator: ['admin'],
  apiKeys: ['admin', 'manager', 'auditor'],
  createApiKey: ['admin', 'manager'],
  audit: ['admin', 'manager', 'auditor'],
  requestApproval: ['admin', 'manager', 'finance', 'cashier', 'technician'],
} as const satisfies Record<string, readonly Role[]>;

export type Permission = keyof typeof ROLES_OF;

/** What is open to those too who look after some buildings only; the same test holds it to the contract. */
export const IN_BUILDINGS: readonly Permission[] = [
  'topUp',
  'accounts',
  'proof',
  'charges',
  'notices',
  'openAccounts',
  'setCredit',
  'receipts',
  'ledger',
  'reprintReceipt',
  'reverseSale',
  'openShift',
  'shifts',
  'setOverride',
  'lockOut',
  'liftLockout',
  'setBuildingTimes',
  'releaseHold',
  'replaceMeter',
  'correctReading',
  'orderSetting',
  'meterSettings',
  'readNow',
];

/** @param scope of the operator; whole markets where nothing is said */
export function may(
  role: Role | undefined,
  permission: Permission,
  scope: DataScope['kind'] | undefined = 'group',
): boolean {
  const roles: readonly Role[] = ROLES_OF[permission];
  return role !== undefined && roles.includes(role) && (scope !== 'buildings' || IN_BUILDINGS.includes(permission));
}
