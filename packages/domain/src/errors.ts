import { defineErrors } from '@openprepay/kernel';

export const domainError = defineErrors({
  'pricing.bad_rule': 400,
  'pricing.no_version': 409,
});
