import type { Caller, Operator } from '@openprepay/contract';

/** An operator as he calls: of the whole group, with nothing to be done first. */
export const callerOf = (operator: Operator, over: Partial<Caller> = {}): Caller => ({
  ...operator,
  scope: { kind: 'group' },
  mustFirst: null,
  hasSecondFactor: false,
  ...over,
});
