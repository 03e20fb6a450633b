import { protocolError } from '../errors.ts';
import { isObject, type JsonObject } from '../json.ts';
import { type NamedValue, readingOfNamed } from '../named-values.ts';
import type { NbCodec } from './codec.ts';

/** The platform's profile of one product: under which names values come, and which service moves the valve. */
export interface ProfileMap {
  readonly values: readonly NamedValue[];
  /** The name of the meter's own number among the values; null where the device is the meter. */
  readonly address: string | null;
  /** Null where the product has none. */
  readonly valve: {
    readonly identifier: string;
    readonly parameter: string;
    readonly on: number;
    readonly off: number;
  } | null;
  readonly read: { readonly identifier: string; readonly parameter: string; readonly value: number } | null;
}

const MAX_VALUES = 64;
const MAX_DIGITS = 64;

/**
 * The names of the usual water profile. A profile is agreed on for each product, so all of it is assumed: naming this codec
 * for a product says that its profile has been compared with this table.
 */
export const WATER_PROFILE: ProfileMap = {
  values: [
    { name: 'water_flow', meaning: 'total', unit: 'm³', source: 'assumed' },
    { name: 'valve_status', meaning: 'switch', unit: '', source: 'assumed', on: '0', off: '1' },
    { name: 'battery_low', meaning: 'battery_low', unit: '', source: 'assumed', on: '1', off: '0' },
    { name: 'meter_time', meaning: 'clock', unit: '', source: 'assumed' },
    { name: 'battery_voltage', meaning: { detail: 'battery_voltage' }, unit: 'V', source: 'assumed' },
    { name: 'pressure', meaning: { detail: 'pressure' }, unit: '', source: 'assumed' },
    { name: 'rsrp', meaning: { detail: 'signal_power' }, unit: '', source: 'assumed' },
  ],
  address: 'meter_no',
  valve: { identifier: 'valve_control', parameter: 'valve', on: 0, off: 1 },
  read: null,
};

/** Values by name, as a platform with a profile sends them. Their number and length are bounded; nested ones are left out. */
export const profileCodec = (name: string, profile: ProfileMap): NbCodec => ({
  name,
  protocol: 'profile',
  decodeReport(payload) {
    if (payload instanceof Uint8Array)
      throw protocolError('frame.unknown_shape', 'bytes, where a profile gives values');
    const values = valuesOf(payload);
    const { reading } = readingOfNamed(values, profile.values, { verified: true });
    const address = values.find(([key]) => key === profile.address)?.[1] ?? null;
    if (reading) return [{ kind: 'reading', address, frame: null, reading }];
    const isTotal = (key: string) => profile.values.some((row) => row.meaning === 'total' && row.name === key);
    const known = values.filter(([key]) => profile.values.some((row) => row.name === key));
    if (known.length === 0) throw protocolError('frame.unknown_shape', 'none of the values that the profile has');
    const refused = known.some(([key]) => isTotal(key)) ? 'frame.bad_value' : null;
    return [{ kind: 'other', address, frame: null, refused }];
  },
  encodeValve(_address, wanted) {
    const { valve } = profile;
    if (!valve) throw protocolError('meter.not_supported', 'this profile has no service for the valve');
    return { kind: 'service', identifier: valve.identifier, parameters: { [valve.parameter]: valve[wanted] } };
  },
  encodeRead() {
    const { read } = profile;
    if (!read) throw protocolError('meter.not_supported', 'this profile has no service that asks for a reading');
    return { kind: 'service', identifier: read.identifier, parameters: { [read.parameter]: read.value } };
  },
});

/** What is text, a number or a flag, as text; also one level down, where a service's values have a name of their own. */
function valuesOf(payload: JsonObject): [name: string, value: string][] {
  const values: [string, string][] = [];
  for (const [name, value] of Object.entries(isObject(payload['serviceData']) ? payload['serviceData'] : payload)) {
    const text = typeof value === 'boolean' ? String(Number(value)) : String(value);
    const isPlain = typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean';
    if (isPlain && name.length <= MAX_DIGITS && text.length <= MAX_DIGITS) values.push([name, text]);
    if (values.length > MAX_VALUES) throw protocolError('frame.too_long', `over ${MAX_VALUES} values`);
  }
  return values;
}
