import { assert } from '@openprepay/kernel';

/**
 * Divides a whole in proportion to weights, in integers: each gets its share rounded down, and what is left goes by one
 * to the largest remainders, the first of equals first.
 * @returns one share a weight; together they are the whole, and where the whole is at most the sum of the weights no
 *   share is above its weight
 */
export function apportion(whole: bigint, weights: readonly bigint[]): bigint[] {
  const sum = weights.reduce((total, weight) => total + weight, 0n);
  assert(whole >= 0n && weights.every((weight) => weight >= 0n), 'shares are never negative', { whole });
  assert(sum > 0n || whole === 0n, 'something is divided among somebody', { whole });
  if (sum === 0n) return weights.map(() => 0n);
  const shares = weights.map((weight) => (whole * weight) / sum);
  const left = Number(whole - shares.reduce((total, share) => total + share, 0n));
  const byRemainder = weights
    .map((weight, index) => ({ index, remainder: (whole * weight) % sum }))
    .sort((a, b) => Number(b.remainder - a.remainder));
  for (const { index } of byRemainder.slice(0, left)) shares[index] = (shares[index] ?? 0n) + 1n;
  return shares;
}
