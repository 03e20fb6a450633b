import { headendError } from '../../errors.ts';
import type { PlatformMessage } from '../platform.ts';
import type { Product } from '../products.ts';

export function verificationOf(_query: unknown, _product: Product): string {
  throw headendError('headend.bad_push', 'no');
}
export function onenetMessages(_json: unknown, _product: Product): PlatformMessage[] {
  throw headendError('headend.bad_push', 'no');
}
