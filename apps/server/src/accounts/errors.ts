import { defineErrors } from '@openprepay/kernel';

export const accountsError = defineErrors({
  'accounts.not_found': 404,
  'accounts.not_open': 409,
});
