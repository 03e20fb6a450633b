import type { Brand } from './brand.ts';
import { kernelError } from './errors.ts';

/** Money as it is posted and paid: whole fen, 1/100 yuan. */
export type Fen = Brand<bigint, 'Fen'>;

/**
 * Money before rounding: 10⁻⁹ yuan. One watt-hour at a price in 10⁻⁶ yuan per kWh is a whole number of these, and so
 * is one litre at a price per cubic metre, so everything up to the one rounding is exact in integers.
 */
export type NanoYuan = Brand<bigint, 'NanoYuan'>;

/** A unit price: 10⁻⁶ yuan per kWh or per cubic metre. */
export type MicroYuan = Brand<bigint, 'MicroYuan'>;

const NANO_YUAN_PER_FEN = 10_000_000n;

export const fen = (value: bigint | number): Fen => BigInt(value) as Fen;
export const ZERO_FEN = fen(0n);

export const subtractFen = (a: Fen, b: Fen): Fen => (a - b) as Fen;
export const negateFen = (a: Fen): Fen => -a as Fen;

/** Rounds half away from zero (四舍五入), so that a correction of −x undoes a charge of x. */
export function roundToFen(amount: NanoYuan): Fen {
  const half = NANO_YUAN_PER_FEN / 2n;
  return (amount >= 0n ? (amount + half) / NANO_YUAN_PER_FEN : -((-amount + half) / NANO_YUAN_PER_FEN)) as Fen;
}

/** Parses a plain decimal with at most `decimals` places into an integer of 10^-decimals; no exponent, no rounding. */
export function parseDecimal(text: string, decimals: number): bigint {
  const match = /^([+-]?)(\d{1,12})(?:\.(\d+))?$/.exec(text.trim());
  const fraction = match?.[3] ?? '';
  if (!match || fraction.length > decimals) {
    throw kernelError('kernel.bad_amount', `not a decimal with at most ${decimals} places: ${text.slice(0, 40)}`);
  }
  const units = BigInt(`${match[2]}${fraction.padEnd(decimals, '0')}`);
  return match[1] === '-' ? -units : units;
}

/** Formats an integer of 10^-decimals as a plain decimal: formatDecimal(-5n, 2) is "-0.05". */
export function formatDecimal(units: bigint, decimals: number): string {
  const isNegative = units < 0n;
  const digits = (isNegative ? -units : units).toString().padStart(decimals + 1, '0');
  const whole = digits.slice(0, digits.length - decimals);
  const text = decimals === 0 ? whole : `${whole}.${digits.slice(digits.length - decimals)}`;
  return isNegative ? `-${text}` : text;
}

export const parseYuan = (text: string): Fen => parseDecimal(text, 2) as Fen;
export const formatYuan = (amount: Fen): string => formatDecimal(amount, 2);
/** As a decimal of yuan with the places it needs, at least two: "0.43514067". */
export const formatExact = (amount: NanoYuan): string => formatDecimal(amount, 9).replace(/(\.\d\d\d*?)0+$/, '$1');
export const parsePrice = (text: string): MicroYuan => parseDecimal(text, 6) as MicroYuan;
export const formatPrice = (price: MicroYuan): string => formatDecimal(price, 6);
