import { headendError } from '../../errors.ts';
import type { NbMessage } from '../platform.ts';
import type { Product } from '../products.ts';

export function verificationOf(_query: unknown, _product: Product): string {
  throw headendError('headend.bad_push', 'no');
}
export function onenetMessages(_json: unknown, _product: Product): NbMessage[] {
  throw headendError('headend.bad_push', 'no');
}
