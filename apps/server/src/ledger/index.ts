export { keysOfDays } from './keys-of-days.ts';
export { ledgerLines } from './lines.ts';
export { post } from './post.ts';
export { sealHead, sealMarket } from './seal.ts';
export { idsByKey, lockPurse, postingsOf, purseBalances } from './store.ts';
export type {
  LedgerAccount,
  LedgerPosting,
  LedgerTransaction,
  PaymentMethod,
  Posted,
  PurseBalance,
  PurseKind,
} from './types.ts';
