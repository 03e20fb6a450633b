import type { Clock } from '@openprepay/kernel';
import { headendError } from '../../errors.ts';
import type { PlatformClient } from '../platform.ts';
import type { Product } from '../products.ts';

export function createOnenetClient(_product: Product, _clock: Clock, _send: typeof fetch): PlatformClient {
  throw headendError('headend.platform_refused', 'no');
}
