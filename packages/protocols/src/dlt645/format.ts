import type { StatusWordNumber } from './status-words.ts';

/** How a data item stands on the wire. The low byte comes first, except in `bytes`, which stay as they are. */
export type Format =
  /** Decimal digits, two a byte: an integer of 10^-decimals. `signed`: the topmost bit is the sign, not a digit. */
  | {
      readonly kind: 'number';
      readonly bytes: number;
      readonly decimals: number;
      readonly unit: string;
      readonly signed: boolean;
    }
  /** Decimal digits that name something. */
  | { readonly kind: 'digits'; readonly bytes: number }
  /** Decimal digits laid out as said, for example `YYMMDDhhmm`; WW is 00 on Sunday, NN the number of a table. */
  | { readonly kind: 'time'; readonly layout: string }
  /** One character a byte; zero bytes fill the end. */
  | { readonly kind: 'text'; readonly bytes: number }
  /** Single bits; `word` says which status word. */
  | { readonly kind: 'bits'; readonly bytes: number; readonly word: StatusWordNumber | null }
  /** Not decimal, or of unknown meaning. */
  | { readonly kind: 'bytes'; readonly bytes: number }
  /** One after the other. */
  | { readonly kind: 'record'; readonly fields: readonly (readonly [name: string, format: Format])[] }
  /** As many as there are; only at the end. */
  | { readonly kind: 'list'; readonly of: Format };

/** Where a fact is from: seen in recorded frames or two sources, in one public source, or common knowledge only. */
export type Source = 'recorded' | 'single' | 'known';

/** One row of the tables of data ids. */
export interface DataIdEntry {
  /**
   * Hexadecimal digits, high byte first. Lower-case letters stand for a dimension (see `DIMENSIONS`); FF in its place,
   * F in 1997, asks for the whole block.
   */
  readonly id: string;
  readonly name: string;
  readonly format: Format;
  readonly source: Source;
  /** Table of the standard's appendix A; `prepay` is the supplement of 2009 for prepaid meters. */
  readonly clause: string;
}

type Of<Kind extends Format['kind']> = Extract<Format, { kind: Kind }>;

export const number = (bytes: number, decimals: number, unit = ''): Of<'number'> => ({
  kind: 'number',
  bytes,
  decimals,
  unit,
  signed: false,
});
export const signed = (bytes: number, decimals: number, unit = ''): Of<'number'> => ({
  ...number(bytes, decimals, unit),
  signed: true,
});
export const digits = (bytes: number): Of<'digits'> => ({ kind: 'digits', bytes });
export const time = (layout: string): Of<'time'> => ({ kind: 'time', layout });
export const text = (bytes: number): Of<'text'> => ({ kind: 'text', bytes });
export const bits = (bytes: number, word: StatusWordNumber | null = null): Of<'bits'> => ({
  kind: 'bits',
  bytes,
  word,
});
export const bytes = (length: number): Of<'bytes'> => ({ kind: 'bytes', bytes: length });
export const record = (...fields: Of<'record'>['fields']): Of<'record'> => ({ kind: 'record', fields });
export const list = (of: Format): Of<'list'> => ({ kind: 'list', of });

/** XXXXXX.XX */
export const energy = (unit = 'kWh') => number(4, 2, unit);
export const MINUTE = time('YYMMDDhhmm');
export const SECOND = time('YYMMDDhhmmss');

/** Rows that share source and clause. */
export const rows = (
  source: Source,
  clause: string,
  list: readonly (readonly [id: string, name: string, format: Format])[],
): readonly DataIdEntry[] => list.map(([id, name, format]) => ({ id, name, format, source, clause }));
