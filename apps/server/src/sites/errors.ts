import { defineErrors } from '@openprepay/kernel';

export const sitesError = defineErrors({
  'sites.bad_site': 400,
  'sites.unknown_name': 400,
  'sites.named_twice': 400,
  'sites.device_in_use': 409,
  'sites.no_such_market': 404,
  'sites.no_such_stall': 404,
  'sites.no_such_building': 404,
  'sites.no_such_import': 404,
  'sites.code_taken': 409,
  'sites.stall_in_use': 409,
  'sites.not_a_stall_sheet': 422,
  'sites.cell_missing': 422,
  'sites.cell_not_understood': 422,
  'sites.twice_in_file': 422,
  'sites.import_in_use': 409,
  'sites.import_undone': 409,
  'sites.building_taken': 409,
  'sites.times_without_period': 400,
  'sites.bad_time_zone': 400,
  'sites.market_code_taken': 409,
});
