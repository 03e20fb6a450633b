/** How a field lies in the registers: high byte first, high register first. `time` is handled by its own codec. */
export type FieldType = 'u16' | 'i16' | 'u32' | 'i32' | 'u8';

/** What a field is for: a driver asks for capabilities, not for registers. */
export type Capability = 'identity' | 'electrical' | 'ratio' | 'energy' | 'prepaid' | 'switch' | 'clock' | 'demand';

/**
 * Where a fact comes from: M the manufacturer's manual (T181, p. 15), T the vendor's PC tool, E an open-source EMS in
 * production, A assumed. Facts of T or A alone are to be verified on a meter before anything depends on them.
 */
export type Source = 'M' | 'T' | 'E' | 'A';

export interface Field {
  readonly name: string;
  /** Offset in the block's data, in bytes. Register = block start + byte / 2. */
  readonly byte: number;
  readonly type: FieldType;
  /** One count of the raw value is `scale` of `unit`. */
  readonly scale: string;
  readonly unit: string;
  readonly source: readonly Source[];
  readonly capability: Capability;
}

export const FIELD_BYTES: Readonly<Record<FieldType, number>> = { u8: 1, u16: 2, i16: 2, u32: 4, i32: 4 };

const ratedBy = (capability: Capability, source: readonly Source[]) => {
  return <const Name extends string>(name: Name, byte: number, type: FieldType, scale = '1', unit = '') =>
    ({ name, byte, type, scale, unit, source, capability }) as const;
};

const identity = ratedBy('identity', ['T']);
const electrical = ratedBy('electrical', ['T']);
const ratio = ratedBy('ratio', ['T', 'E']);
const energy = ratedBy('energy', ['T', 'E']);
const prepaid = ratedBy('prepaid', ['T']);
const relay = ratedBy('switch', ['T', 'E']);
const demand = ratedBy('demand', ['T']);

/** The live prepaid block: registers 0200 to 022F, or to 0247 in firmware with eight tariffs. */
export const LIVE_FIELDS = [
  identity('modelCode', 0, 'u16'),
  electrical('voltageA', 2, 'u16', '0.1', 'V'),
  electrical('voltageB', 4, 'u16', '0.1', 'V'),
  electrical('voltageC', 6, 'u16', '0.1', 'V'),
  electrical('currentA', 8, 'u16', '0.01', 'A'),
  electrical('currentB', 10, 'u16', '0.01', 'A'),
  electrical('currentC', 12, 'u16', '0.01', 'A'),
  electrical('powerA', 14, 'i16', '0.001', 'kW'),
  electrical('powerB', 16, 'i16', '0.001', 'kW'),
  electrical('powerC', 18, 'i16', '0.001', 'kW'),
  electrical('powerTotal', 20, 'i16', '0.001', 'kW'),
  electrical('reactiveA', 22, 'i16', '0.001', 'kvar'),
  electrical('reactiveB', 24, 'i16', '0.001', 'kvar'),
  electrical('reactiveC', 26, 'i16', '0.001', 'kvar'),
  electrical('reactiveTotal', 28, 'i16', '0.001', 'kvar'),
  electrical('powerFactorA', 30, 'i16', '0.001', ''),
  electrical('powerFactorB', 32, 'i16', '0.001', ''),
  electrical('powerFactorC', 34, 'i16', '0.001', ''),
  electrical('powerFactorTotal', 36, 'i16', '0.001', ''),
  ratio('pt', 38, 'u16'),
  ratio('ct', 40, 'u16'),
  energy('total', 42, 'u32', '0.01', 'kWh'),
  energy('sharp', 46, 'u32', '0.01', 'kWh'),
  energy('peak', 50, 'u32', '0.01', 'kWh'),
  energy('flat', 54, 'u32', '0.01', 'kWh'),
  energy('valley', 58, 'u32', '0.01', 'kWh'),
  prepaid('remaining', 62, 'i32', '0.01', 'yuan'),
  prepaid('purchaseCount', 66, 'u16'),
  prepaid('loadTrips', 68, 'u16'),
  prepaid('loadTripsAllowed', 70, 'u16'),
  relay('relayBits', 72, 'u8'),
  relay('feeBits', 73, 'u8'),
  relay('loadBits', 74, 'u8'),
  relay('forceBits', 75, 'u8'),
  energy('base', 76, 'u32', '0.01', 'kWh'),
  demand('maxDemand', 87, 'u16', '0.001', 'kW'),
  demand('maxDemandMinute', 89, 'u8'),
  demand('maxDemandHour', 90, 'u8'),
  demand('maxDemandDay', 91, 'u8'),
  demand('maxDemandMonth', 92, 'u8'),
  identity('maxCircuitType', 94, 'u8'),
  identity('phaseCode', 95, 'u8'),
] as const;

/** Only in the long block of firmware with eight tariffs. */
export const DEEP_VALLEY_FIELD = ratedBy('energy', ['E'])('deepValley', 96, 'u32', '0.01', 'kWh');

/** The legacy energy block: registers 0000 to 0009. */
export const LEGACY_FIELDS = [
  ratedBy('energy', ['M', 'E'])('total', 0, 'u32', '0.01', 'kWh'),
  ratedBy('energy', ['M', 'E'])('sharp', 4, 'u32', '0.01', 'kWh'),
  ratedBy('energy', ['M', 'E'])('peak', 8, 'u32', '0.01', 'kWh'),
  ratedBy('energy', ['M', 'E'])('flat', 12, 'u32', '0.01', 'kWh'),
  ratedBy('energy', ['M', 'E'])('valley', 16, 'u32', '0.01', 'kWh'),
] as const;

/** Registers 0057 and 0058: whether the switch is forced, and to what. */
export const SWITCH_FIELDS = [relay('forced', 0, 'u16'), relay('open', 2, 'u16')] as const;
