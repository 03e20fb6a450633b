export { ledgerLines } from './lines.ts';
export { post } from './post.ts';
export { purseBalances } from './store.ts';
export { type TopUp, topUp } from './top-up.ts';
export type {
  LedgerAccount,
  LedgerPosting,
  LedgerTransaction,
  PaymentMethod,
  Posted,
  PurseBalance,
  PurseKind,
} from './types.ts';
