import { defineErrors } from '@openprepay/kernel';

export const ledgerError = defineErrors({
  'ledger.request_reused': 409,
});
