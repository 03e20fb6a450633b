import { defineErrors } from '@openprepay/kernel';

export const approvalsError = defineErrors({
  'approvals.request_reused': 409,
  'approvals.no_such_approval': 404,
  'approvals.role_not_enough': 403,
  'approvals.own_request': 403,
  'approvals.not_pending': 409,
  'approvals.expired': 409,
});
