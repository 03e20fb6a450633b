import { defineErrors } from '@openprepay/kernel';

export const counterError = defineErrors({
  'counter.request_reused': 409,
  'counter.top_up_too_small': 422,
  'counter.top_up_too_large': 422,
  'counter.no_such_receipt': 404,
  'counter.not_a_sale': 422,
  'counter.already_reversed': 409,
  'counter.needs_approval': 409,
  'counter.refund_too_much': 409,
  'counter.use_not_settled': 409,
  'counter.no_such_shift': 404,
  'counter.shift_open': 409,
  'counter.shift_closed': 409,
  'counter.not_own_shift': 403,
  'counter.difference_unexplained': 422,
  'counter.day_closed': 409,
  'counter.day_not_begun': 422,
  'counter.earlier_day_open': 409,
  'counter.range_too_long': 422,
});
