import { defineErrors } from '@openprepay/kernel';

export const platformError = defineErrors({
  'platform.data_in_use': 409,
  'platform.no_postgres_for_this_machine': 500,
  'platform.no_unprivileged_user': 500,
  'platform.postgres_did_not_start': 500,
  'platform.schema_is_newer': 500,
  'platform.migration_changed': 500,
  'platform.bad_config': 400,
  'platform.secret_key_missing': 500,
  'platform.no_vault': 500,
});
