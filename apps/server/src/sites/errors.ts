import { defineErrors } from '@openprepay/kernel';

export const sitesError = defineErrors({
  'sites.bad_site': 400,
  'sites.unknown_name': 400,
  'sites.named_twice': 400,
  'sites.device_in_use': 409,
  'sites.no_such_market': 404,
  'sites.no_such_stall': 404,
});
