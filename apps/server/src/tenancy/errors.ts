import { defineErrors } from '@openprepay/kernel';

export const tenancyError = defineErrors({
  'tenancy.request_reused': 409,
  'tenancy.no_such_stall': 404,
  'tenancy.stall_occupied': 409,
  'tenancy.not_its_stall': 409,
  'tenancy.same_account': 422,
  'tenancy.not_prepared': 409,
  'tenancy.stalls_of_new_account': 422,
  'tenancy.not_its_meter': 422,
  'tenancy.meter_on_hold': 409,
  'tenancy.reading_too_old': 409,
  'tenancy.too_soon': 409,
  'tenancy.not_owed': 409,
  'tenancy.terms_need_manager': 403,
  'tenancy.not_an_account_sheet': 422,
  'tenancy.cell_missing': 422,
  'tenancy.cell_not_understood': 422,
  'tenancy.twice_in_file': 422,
  'tenancy.not_one_meter': 422,
});
