export { openAccounts, requireOpenAccount } from './service.ts';
export { accountOfStall } from './store.ts';
export type { Account, AccountMode, AccountState, NewAccount } from './types.ts';
