export { type DebtTerms, splitTopUp, type TopUpSplit } from './top-up-split.ts';
