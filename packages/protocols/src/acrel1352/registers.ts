import { protocolError } from '../errors.ts';
import { FIELD_BYTES, type Field, type FieldType } from './fields.ts';

/** Raw values by field name, as the registers hold them. */
export type RawValues<Fields extends readonly Field[]> = { readonly [Name in Fields[number]['name']]: number };

const LEAST: Readonly<Record<FieldType, number>> = { u8: 0, u16: 0, i16: -0x8000, u32: 0, i32: -0x8000_0000 };

export function readFields<const Fields extends readonly Field[]>(fields: Fields, data: Uint8Array): RawValues<Fields> {
  const values: Record<string, number> = {};
  for (const field of fields) values[field.name] = readField(field, data);
  return values as RawValues<Fields>;
}

type ByName<Fields extends readonly Field[]> = { readonly [Name in Fields[number]['name']]: Field };

/** For a decoder that asks for each field by its name. */
export const byName = <const Fields extends readonly Field[]>(fields: Fields): ByName<Fields> =>
  Object.fromEntries(fields.map((field) => [field.name, field])) as ByName<Fields>;

/** @throws frame.bad_length when the data ends before the field */
export function readField({ type, byte, name }: Field, data: Uint8Array): number {
  if (byte + FIELD_BYTES[type] > data.length) throw protocolError('frame.bad_length', `no room for ${name}`);
  const high = data[byte] ?? 0;
  if (type === 'u8') return high;
  const word = (high << 8) | (data[byte + 1] ?? 0);
  if (type === 'u16') return word;
  if (type === 'i16') return (word << 16) >> 16;
  const signed = (word << 16) | ((data[byte + 2] ?? 0) << 8) | (data[byte + 3] ?? 0);
  return type === 'i32' ? signed : signed >>> 0;
}

/** @throws frame.bad_value when a value does not fit its field */
export function writeFields<const Fields extends readonly Field[]>(
  fields: Fields,
  values: RawValues<Fields>,
  data: Uint8Array,
): void {
  const view = new DataView(data.buffer, data.byteOffset, data.byteLength);
  for (const field of fields) {
    const value = values[field.name as Fields[number]['name']];
    const least = LEAST[field.type];
    if (!Number.isInteger(value) || value < least || value >= least + 2 ** (8 * FIELD_BYTES[field.type])) {
      throw protocolError('frame.bad_value', `${field.name} does not fit ${field.type}`, { value });
    }
    writers[field.type](view, field.byte, value);
  }
}

const writers: Readonly<Record<FieldType, (view: DataView, byte: number, value: number) => void>> = {
  u8: (view, byte, value) => view.setUint8(byte, value),
  u16: (view, byte, value) => view.setUint16(byte, value),
  i16: (view, byte, value) => view.setInt16(byte, value),
  u32: (view, byte, value) => view.setUint32(byte, value),
  i32: (view, byte, value) => view.setInt32(byte, value),
};
