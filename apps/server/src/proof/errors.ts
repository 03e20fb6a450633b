import { defineErrors } from '@openprepay/kernel';

export const proofError = defineErrors({
  'proof.no_such_transaction': 404,
});
