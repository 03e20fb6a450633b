import { defineErrors } from '@openprepay/kernel';

export const replacementError = defineErrors({
  'replacement.other_kind': 422,
  'replacement.same_meter': 422,
  'replacement.same_ct': 422,
  'replacement.at_differs': 422,
  'replacement.not_read_just_now': 409,
  'replacement.read_since': 409,
  'replacement.replaced_another': 409,
  'replacement.still_bound': 409,
});
