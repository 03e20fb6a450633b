import { defineErrors } from '@openprepay/kernel';

export const ledgerError = defineErrors({
  'ledger.no_such_account': 404,
  'ledger.bad_range': 422,
  'ledger.too_many_lines': 422,
});
