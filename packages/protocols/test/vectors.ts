import { readFileSync } from 'node:fs';
import { toHex } from '@openprepay/kernel';

/** One known frame or push: either what it says, or why it is refused. */
export interface Vector {
  readonly hex: string;
  readonly json?: unknown;
  readonly direction?: 'up' | 'down' | 'request' | 'reply';
  readonly decoded?: Readonly<Record<string, unknown>>;
  readonly refused?: string;
  readonly metering?: Readonly<Record<string, unknown>>;
  readonly valve?: 'on' | 'off';
  readonly note?: string;
}

export function loadVectors<T = Vector>(name: string): readonly T[] {
  return JSON.parse(readFileSync(new URL(`../vectors/${name}.json`, import.meta.url), 'utf8'));
}

/** A message in the form in which the vectors state it: bytes as hexadecimal, bigint as digits, instants in ISO 8601. */
export function asStated(value: unknown): unknown {
  if (value instanceof Uint8Array) return toHex(value);
  if (value instanceof Date) return value.toISOString();
  if (typeof value === 'bigint') return value.toString();
  if (Array.isArray(value)) return value.map(asStated);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, asStated(inner)]));
}

export const titleOf = (vector: Vector): string =>
  vector.note ?? (vector.hex || JSON.stringify(vector.json)).slice(0, 60);
