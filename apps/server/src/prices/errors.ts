import { defineErrors } from '@openprepay/kernel';

export const pricesError = defineErrors({
  'prices.no_versions': 400,
  'prices.no_such_plan': 404,
  'prices.no_such_draft': 404,
  'prices.name_taken': 409,
  'prices.second_person': 409,
  'prices.id_reused': 409,
  'prices.another_draft': 409,
  'prices.draft_changed': 409,
  'prices.draft_submitted': 409,
  'prices.begins_in_the_past': 422,
  'prices.begins_before_the_last': 422,
  'prices.above_grid': 422,
  'prices.no_grid_price': 422,
  'prices.not_in_force': 422,
  'prices.use_before_it': 422,
  'prices.bad_grid_price': 400,
  'prices.month_not_over': 422,
});
