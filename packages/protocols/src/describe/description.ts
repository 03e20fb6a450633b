import { isProtocolError } from '../errors.ts';

export type DescribedValue =
  | string
  | number
  | boolean
  | null
  | readonly DescribedValue[]
  | { readonly [name: string]: DescribedValue };

/**
 * A frame as one plain JSON object: its fields by name in reading order, ids and codes as hexadecimal text with their
 * meaning beside them, measured values as `{ value, unit }`, and frames carried inside under `inner`.
 */
export interface Description {
  readonly protocol: string;
  /** One line in words. */
  readonly summary: string;
  readonly [field: string]: DescribedValue | readonly Description[];
  readonly inner: readonly Description[];
}

export type Fields = Readonly<Record<string, DescribedValue>>;

export const describe = (
  protocol: string,
  summary: string,
  fields: Fields,
  inner: readonly Description[] = [],
): Description => ({ protocol, summary, ...fields, inner });

export const hexOf = (value: number, bytes = 1): string =>
  value
    .toString(16)
    .toUpperCase()
    .padStart(2 * bytes, '0');

export const measured = (value: string | number, unit: string): DescribedValue => ({ value, unit });

/** What `decode` finds, or, since the frame around it is good, why it was refused. */
export function orRefused(decode: () => Fields): Fields {
  try {
    return decode();
  } catch (error) {
    if (!isProtocolError(error)) throw error;
    return { refused: { code: error.code, reason: error.message } };
  }
}

/** What came out of JSON is plain already; this only says so to the compiler. */
export function plain(value: unknown): DescribedValue {
  if (Array.isArray(value)) return value.map(plain);
  if (typeof value === 'object' && value !== null) {
    return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, plain(inner)]));
  }
  return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean' ? value : null;
}
