export * from './calendar.ts';
export * from './decide.ts';
export * from './explain.ts';
export {
  type AccountFacts,
  availableFen,
  isCutForBalance,
  type Override,
  type OverrideMode,
  overrideHolds,
  type SwitchFacts,
} from './facts.ts';
export * from './notices.ts';
export * from './reconcile.ts';
