import { defineErrors } from '@openprepay/kernel';

export const readingsError = defineErrors({
  'readings.hold_not_found': 404,
  'readings.hold_released': 409,
  'readings.accept_would_decrease': 409,
  'readings.accept_in_future': 409,
  'readings.value_missing': 400,
  'readings.meter_not_found': 404,
  'readings.reading_not_found': 404,
  'readings.time_taken': 409,
  'readings.time_in_future': 422,
  'readings.beyond_register': 422,
  'readings.would_decrease': 409,
  'readings.confirm_jump': 409,
  'readings.tariffs_do_not_add_up': 422,
  'readings.good_reading_later': 409,
  'readings.nothing_to_estimate_from': 409,
  'readings.not_correctable': 409,
  'readings.not_a_photo': 415,
  'readings.photo_not_found': 404,
  'readings.bad_import': 400,
  'readings.bad_row': 422,
});
