import { defineErrors } from '@openprepay/kernel';

export const domainError = defineErrors({
  'pricing.bad_rule': 400,
  'pricing.bad_steps': 400,
  'pricing.bad_day_table': 400,
  'pricing.bad_seasons': 400,
  'pricing.bad_special_day': 400,
  'pricing.bad_allowance': 400,
  'pricing.bad_standing': 400,
  'pricing.no_version': 409,
  'pricing.no_tariff_price': 409,
  'pricing.no_such_reading': 409,
});
