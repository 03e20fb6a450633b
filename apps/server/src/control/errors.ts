import { defineErrors } from '@openprepay/kernel';

export const controlError = defineErrors({
  'control.no_such_meter': 404,
  'control.override_end_is_past': 400,
  'control.auto_has_no_end': 400,
});
