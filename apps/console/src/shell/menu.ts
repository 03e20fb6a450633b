import type { DataScope, Role } from '@openprepay/contract';
import { may, type Permission } from '../permissions.ts';
import type { IconName } from '../ui/icons.ts';

/** What can wait for a person, and is counted beside the page where it waits. */
export type WaitingKind = 'exceptions' | 'approvals' | 'unclaimed';
export type Waiting = Readonly<Record<WaitingKind, number>>;

interface Entry {
  /** The page, and its words: `menu.page.…`. */
  readonly route: string;
  readonly icon: IconName;
  /** Shown to whom the API would answer; to everybody where nothing is said. */
  readonly needs?: Permission;
  readonly waiting?: WaitingKind;
  /** Shown to those too who look after some buildings only. */
  readonly inBuildings?: true;
}

/** The whole menu. A page is added in one line here and one in each language's `menu.page`. */
const GROUPS = {
  today: [
    { route: 'home', icon: 'home', inBuildings: true },
    { route: 'stalls', icon: 'stalls', inBuildings: true },
    { route: 'cashier', icon: 'cashier', needs: 'topUp', inBuildings: true },
    { route: 'exceptions', icon: 'exception', waiting: 'exceptions', inBuildings: true },
    { route: 'approvals', icon: 'check', waiting: 'approvals' },
    { route: 'wall', icon: 'wall', inBuildings: true },
  ],
  customers: [
    { route: 'accounts', icon: 'accounts', needs: 'accounts', inBuildings: true },
    { route: 'notices', icon: 'notice', needs: 'notices', inBuildings: true },
  ],
  money: [
    { route: 'receipts', icon: 'receipt', needs: 'receipts', inBuildings: true },
    { route: 'ledger', icon: 'ledger', needs: 'ledger', inBuildings: true },
    { route: 'charges', icon: 'estimated', needs: 'charges', inBuildings: true },
    { route: 'shifts', icon: 'clock', needs: 'shifts', inBuildings: true },
    { route: 'sales', icon: 'chart', needs: 'salesReport' },
  ],
  meters: [
    { route: 'meters', icon: 'electricity', inBuildings: true },
    { route: 'gateways', icon: 'gateway' },
    { route: 'platforms', icon: 'water' },
    { route: 'collector', icon: 'collector', needs: 'collectorSessions', inBuildings: true },
    { route: 'field', icon: 'field', needs: 'replaceMeter', inBuildings: true },
    { route: 'unclaimed', icon: 'unclaimed', needs: 'unclaimedDevices', waiting: 'unclaimed' },
  ],
  rules: [
    { route: 'prices', icon: 'price', inBuildings: true },
    { route: 'batch', icon: 'forced_off', inBuildings: true },
    { route: 'emergency', icon: 'emergency', needs: 'cutSite' },
  ],
  administration: [
    { route: 'settings', icon: 'settings', inBuildings: true },
    { route: 'stall-register', icon: 'stalls', needs: 'createStall' },
    { route: 'operators', icon: 'people', needs: 'operators' },
    { route: 'api-keys', icon: 'key', needs: 'apiKeys' },
    { route: 'audit', icon: 'audit', needs: 'audit' },
  ],
} as const satisfies Record<string, readonly Entry[]>;

export type MenuGroupName = keyof typeof GROUPS;
export type MenuRoute = (typeof GROUPS)[MenuGroupName][number]['route'];
export interface MenuEntry extends Entry {
  readonly route: MenuRoute;
}
export interface MenuGroup {
  readonly name: MenuGroupName;
  readonly entries: readonly MenuEntry[];
}

/** What each role's thumb finds at the bottom of a phone before anything else. */
const FIRST_ON_PHONE: Readonly<Record<Role, readonly MenuRoute[]>> = {
  admin: ['home', 'stalls', 'exceptions', 'approvals'],
  manager: ['home', 'stalls', 'approvals', 'exceptions'],
  finance: ['home', 'accounts', 'receipts', 'approvals'],
  cashier: ['cashier', 'accounts', 'receipts', 'shifts'],
  technician: ['field', 'stalls', 'exceptions', 'meters'],
  auditor: ['home', 'stalls', 'exceptions', 'approvals'],
};

/** The menu as a role sees it, within its scope: groups in order, none of them empty. */
export function menuOf(role: Role | undefined, scope: DataScope['kind'] = 'group'): MenuGroup[] {
  const groups = Object.entries(GROUPS) as [MenuGroupName, readonly MenuEntry[]][];
  return groups
    .map(([name, entries]) => ({
      name,
      entries: entries.filter(
        ({ needs, inBuildings }) =>
          (needs === undefined || may(role, needs)) && (scope !== 'buildings' || inBuildings === true),
      ),
    }))
    .filter(({ entries }) => role !== undefined && entries.length > 0);
}

/** The few pages at the bottom of a phone, in that order. */
export function phoneBarOf(role: Role | undefined, scope: DataScope['kind'] = 'group'): MenuEntry[] {
  const entries = menuOf(role, scope).flatMap((group) => group.entries);
  return role ? FIRST_ON_PHONE[role].flatMap((route) => entries.find((entry) => entry.route === route) ?? []) : [];
}

/** What a role sees first: who stands at the counter or before a meter has no time for an overview. */
export function firstPageOf(role: Role | undefined): MenuRoute {
  if (role === 'cashier') return 'cashier';
  return role === 'technician' ? 'stalls' : 'home';
}

export const waitingIn = (entries: readonly MenuEntry[], waiting: Waiting): number =>
  entries.reduce((sum, entry) => sum + (entry.waiting ? waiting[entry.waiting] : 0), 0);
