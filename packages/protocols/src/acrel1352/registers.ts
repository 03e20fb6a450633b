import { protocolError } from '../errors.ts';
import { FIELD_BYTES, type Field, type FieldType } from './fields.ts';

/** Raw values by field name, as the registers hold them. */
export type RawValues<Fields extends readonly Field[]> = { readonly [Name in Fields[number]['name']]: number };

const LEAST: Readonly<Record<FieldType, number>> = { u8: 0, u16: 0, i16: -0x8000, u32: 0, i32: -0x8000_0000 };

export function readFields<const Fields extends readonly Field[]>(fields: Fields, data: Uint8Array): RawValues<Fields> {
  const view = new DataView(data.buffer, data.byteOffset, data.byteLength);
  const values = fields.map((field) => [field.name, readers[field.type](view, field.byte)] as const);
  return Object.fromEntries(values) as RawValues<Fields>;
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

const readers: Readonly<Record<FieldType, (view: DataView, byte: number) => number>> = {
  u8: (view, byte) => view.getUint8(byte),
  u16: (view, byte) => view.getUint16(byte),
  i16: (view, byte) => view.getInt16(byte),
  u32: (view, byte) => view.getUint32(byte),
  i32: (view, byte) => view.getInt32(byte),
};

const writers: Readonly<Record<FieldType, (view: DataView, byte: number, value: number) => void>> = {
  u8: (view, byte, value) => view.setUint8(byte, value),
  u16: (view, byte, value) => view.setUint16(byte, value),
  i16: (view, byte, value) => view.setInt16(byte, value),
  u32: (view, byte, value) => view.setUint32(byte, value),
  i32: (view, byte, value) => view.setInt32(byte, value),
};
