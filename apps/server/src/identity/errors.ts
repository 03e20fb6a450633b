import { defineErrors } from '@openprepay/kernel';

export const identityError = defineErrors({
  'identity.wrong_credentials': 401,
  'identity.wrong_code': 422,
  'identity.ticket_over': 401,
  'identity.too_many_failures': 429,
  'identity.wrong_password': 422,
  'identity.weak_password': 422,
  'identity.second_factor_there': 409,
  'identity.no_second_factor': 409,
  'identity.no_such_operator': 404,
  'identity.bad_login': 422,
  'identity.login_taken': 409,
  'identity.beyond_own': 403,
  'identity.no_such_place': 422,
  'identity.not_oneself': 409,
  'identity.last_admin': 409,
  'identity.second_person_needed': 409,
  'identity.same_role': 409,
  'identity.no_such_key': 404,
});
