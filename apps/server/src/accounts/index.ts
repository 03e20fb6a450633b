export { accountsError } from './errors.ts';
export { inBuildings } from './in-buildings.ts';
export { listAccounts } from './list.ts';
export { marketTerms, setMarketTerms } from './market-terms.ts';
export { maskPhone } from './mask-phone.ts';
export {
  openAccounts,
  openPrepared,
  prepareAccount,
  requireFree,
  requireOpenAccount,
  requireStandingAccount,
} from './service.ts';
export { accountOfStall } from './store.ts';
export {
  closeAccount,
  currentStalls,
  endTenancies,
  lastTenancyChange,
  lockAny,
  preparedStalls,
  reopenAccount,
  takeOver,
} from './tenancies.ts';
export {
  type AccountChange,
  accountTerms,
  grantEmergency,
  lockForSale,
  lockTerms,
  repayEmergency,
  type SaleTerms,
  setCredit,
  setDeposit,
  setMode,
  setPlans,
  takeEmergency,
} from './terms.ts';
export type { Account, AccountMode, AccountState, NewAccount } from './types.ts';
