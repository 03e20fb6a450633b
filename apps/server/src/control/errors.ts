import { defineErrors } from '@openprepay/kernel';

export const controlError = defineErrors({
  'control.no_such_market': 404,
  'control.no_such_meter': 404,
  'control.cannot_switch': 409,
  'control.already_locked_out': 409,
  'control.not_locked_out': 409,
  'control.confirmation_differs': 400,
  'control.no_emergency': 409,
  'control.override_end_is_past': 400,
  'control.auto_has_no_end': 400,
  'control.empty_hours': 400,
  'control.holiday_ends_early': 400,
  'control.calendar_full': 409,
  'control.not_in_calendar': 404,
  'control.alarm_2_not_below_alarm_1': 400,
  'control.no_such_mass': 404,
  'control.mass_reused': 409,
  'control.list_changed': 409,
  'control.mass_executed': 409,
  'control.mass_not_executed': 409,
  'control.mass_is_auto': 409,
});
