import { defineErrors } from '@openprepay/kernel';

export const headendError = defineErrors({
  'headend.request_timed_out': 504,
  'headend.connection_closed': 503,
  'headend.queue_full': 503,
  'headend.not_listening': 500,
  'headend.not_here': 503,
  'headend.unknown_push_address': 404,
  'headend.source_not_allowed': 403,
  'headend.bad_push': 400,
  'headend.wrong_product': 400,
  'headend.push_too_large': 413,
  'headend.not_durable': 503,
  'headend.bad_convention': 400,
  'headend.platform_unreachable': 502,
  'headend.platform_refused': 502,
});
