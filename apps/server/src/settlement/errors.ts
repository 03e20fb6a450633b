import { defineErrors } from '@openprepay/kernel';

export const settlementError = defineErrors({
  'settlement.no_plan': 409,
  'settlement.inside_a_charge': 409,
});
