import { defineErrors } from '@openprepay/kernel';

export const readingsError = defineErrors({
  'readings.hold_not_found': 404,
  'readings.hold_released': 409,
  'readings.accept_would_decrease': 409,
  'readings.accept_in_future': 409,
});
