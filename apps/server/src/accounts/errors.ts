import { defineErrors } from '@openprepay/kernel';

export const accountsError = defineErrors({
  'accounts.not_found': 404,
  'accounts.not_open': 409,
  'accounts.no_such_market': 404,
  'accounts.minimum_above_maximum': 422,
  'accounts.number_taken': 409,
  'accounts.no_such_plan': 422,
  'accounts.postpaid_not_allowed': 409,
  'accounts.credit_over_already': 422,
  'accounts.no_emergency_credit': 409,
  'accounts.emergency_credit_taken': 409,
});
