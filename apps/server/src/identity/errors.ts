import { defineErrors } from '@openprepay/kernel';

export const identityError = defineErrors({
  'identity.wrong_credentials': 401,
  'identity.too_many_failures': 429,
  'identity.no_such_operator': 404,
  'identity.bad_login': 422,
  'identity.login_taken': 409,
});
