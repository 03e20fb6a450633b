import { defineErrors } from '@openprepay/kernel';

export const pricesError = defineErrors({
  'prices.no_versions': 400,
});
