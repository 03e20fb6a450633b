import { defineErrors } from '@openprepay/kernel';

export const settlementError = defineErrors({
  'settlement.no_such_market': 404,
  'settlement.span_too_long': 422,
  'settlement.sooner_than_stale': 409,
  'settlement.no_plan': 409,
  'settlement.no_valid_day': 409,
  'settlement.inside_a_charge': 409,
});
