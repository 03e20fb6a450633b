import { formatDecimal, type ZonedParts } from '@openprepay/kernel';
import type { Capability, Field } from '../acrel1352/fields.ts';
import { readFields } from '../acrel1352/registers.ts';
import { protocolError } from '../errors.ts';
import type { ForcedRelay, ModbusModel, RegisterBlock } from '../models/index.ts';
import { wallClock } from '../wall-clock.ts';
import type { Detail, MeterReading } from './driver.ts';

const CENTURY = 2000;
/** Energies are Wh, registers count parts of a kWh. */
const WH_DECIMALS = 3;
/** What a person looks at; the rest is told by name, or is the meter's own business. */
const SHOWN: readonly Capability[] = ['electrical', 'ratio', 'prepaid'];

/** The raw values of some blocks by field name, and the clock that one of them shows. */
export interface RegisterValues {
  readonly fields: readonly Field[];
  readonly raw: Readonly<Record<string, number>>;
  readonly clock: ZonedParts | null;
}

/** @param data the registers of each block @throws frame.bad_length */
export function valuesOf(blocks: readonly RegisterBlock[], data: readonly Uint8Array[]): RegisterValues {
  let raw: Readonly<Record<string, number>> = {};
  let clock: ZonedParts | null = null;
  for (const [at, block] of blocks.entries()) {
    const registers = data[at] ?? new Uint8Array(0);
    if (registers.length !== 2 * block.quantity) {
      throw protocolError('frame.bad_length', `${block.quantity} registers, got ${registers.length} bytes`);
    }
    raw = { ...raw, ...readFields(block.fields, registers) };
    clock ??= clockOf(block, registers);
  }
  return { fields: blocks.flatMap((block) => block.fields), raw, clock };
}

export function readingOf({ profile, phases }: ModbusModel, values: RegisterValues): MeterReading {
  const total = energyOf(values, profile.total);
  if (total === null) throw protocolError('frame.bad_payload', 'no total among the registers');
  return {
    total,
    tariffs: profile.tariffs.length === 0 ? null : profile.tariffs.map((name) => energyOf(values, name)),
    clock: values.clock,
    switchState: profile.relay && relayState(profile.relay, values),
    batteryLow: null,
    details: [
      ...values.fields
        .filter(({ name, capability }) => SHOWN.includes(capability) && !(phases === 1 && /[BC]$/.test(name)))
        .map((field) => detailOf(field, values.raw[field.name] ?? 0)),
      ...profile.flags.map(({ name, field, bit }) => ({
        name,
        value: isSet(values.raw[field] ?? 0, bit) ? 'yes' : 'no',
        unit: '',
      })),
    ],
  };
}

/** The relays of the phases that the meter has, taken together; 'fault' when they differ. */
export function relayState({ closed, phaseCode }: ForcedRelay, { raw }: RegisterValues): 'on' | 'off' | 'fault' {
  const bits = raw[phaseCode] === 0 ? closed.bits : closed.bits.slice(0, 1);
  const states = bits.map((bit) => isSet(raw[closed.field] ?? 0, bit));
  if (states.every(Boolean)) return 'on';
  return states.some(Boolean) ? 'fault' : 'off';
}

const isSet = (byte: number, bit: number): boolean => ((byte >> bit) & 1) === 1;

/** `0.01` has two. */
const decimalsOf = ({ scale }: Field): number => scale.split('.')[1]?.length ?? 0;

function energyOf({ fields, raw }: RegisterValues, name: string): bigint | null {
  const field = fields.find((one) => one.name === name);
  const counts = raw[name];
  return field === undefined || counts === undefined
    ? null
    : BigInt(counts) * 10n ** BigInt(WH_DECIMALS - decimalsOf(field));
}

const detailOf = (field: Field, counts: number): Detail => ({
  name: field.name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`),
  value: formatDecimal(BigInt(counts), decimalsOf(field)),
  unit: field.unit,
});

function clockOf({ clock }: RegisterBlock, data: Uint8Array): ZonedParts | null {
  if (clock === null) return null;
  const places: readonly string[] = clock.layout.match(/../g) ?? [];
  const at = (place: string): number => data[clock.byte + places.indexOf(place)] ?? 0;
  const [year, month, day] = [at('YY'), at('MM'), at('DD')];
  if (year > 99) return null;
  return wallClock({ year: CENTURY + year, month, day, hour: at('hh'), minute: at('mm'), second: at('ss') });
}
