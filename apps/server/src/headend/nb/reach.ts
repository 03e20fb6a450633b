import { headendError } from '../errors.ts';

/** How long a platform may take to answer a call, wire time. */
export const TIME_OUT_MS = 10_000;

/** Does one call to a platform. @throws headend.platform_unreachable in place of whatever came between */
export async function reach<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    const reason = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
    throw headendError('headend.platform_unreachable', 'the platform did not answer', { reason });
  }
}
