import { defineErrors } from '@openprepay/kernel';

export const collectionError = defineErrors({
  'collection.no_such_meter': 404,
  'collection.bad_setting': 400,
  'collection.no_such_batch': 404,
  'collection.batch_reused': 409,
});
