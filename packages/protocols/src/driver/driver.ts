import type { ZonedParts } from '@openprepay/kernel';
import type { MeterModel } from '../models/index.ts';
import type { Received, StreamDecoder } from '../stream.ts';

/**
 * One question to a meter, as it stands on the meter's own wire: an RTU frame with its CRC, a DL/T 645 or CJ/T 188 frame
 * with its preamble. The link wraps it in whatever carries it there, and unwraps what comes back.
 */
export interface Ask {
  readonly request: Uint8Array;
  /** A write may be acknowledged by the link alone, with no frame of the meter: then the answer is empty. */
  readonly write: boolean;
  /**
   * Whether a checked frame answers this question, and not an earlier one or the line's own echo. A refusal answers too.
   * null where nobody answers, as with a broadcast: the dialogue goes on with an empty answer.
   */
  readonly fits: ((frame: Uint8Array) => boolean) | null;
}

/**
 * A conversation with one meter: yields what is asked, is given the frame that answers, returns what it means. It does no
 * I/O and keeps no time, so the same driver works behind any link, and a test plays the meter with recorded frames.
 * It throws protocolErrors: `meter.refused` with the meter's reason, `frame.*` where an answer makes no sense.
 */
export type Dialogue<T> = Generator<Ask, T, Uint8Array>;

/** Which meter is spoken to, and what this one needs beyond its model. */
export interface MeterPoint {
  readonly model: MeterModel;
  /** As the driver's `parseAddress` takes it. */
  readonly address: string;
  /** What lets this meter be written to: `{ password, operator }` for DL/T 645; empty where nothing is asked for. */
  readonly access: Readonly<Record<string, string>>;
}

/** What a meter shows: before CT, as its registers stand. */
export interface MeterReading {
  /** Wh or litres. */
  readonly total: bigint;
  /** Sharp, peak, flat, valley, deep valley in Wh; null where the meter has none. */
  readonly tariffs: readonly (bigint | null)[] | null;
  /** The meter's own wall clock; null where it has none, or one that makes no sense. */
  readonly clock: ZonedParts | null;
  readonly switchState: 'on' | 'off' | 'fault' | null;
  readonly batteryLow: boolean | null;
  /** Everything else it said, for a person to look at: voltages, currents, power, status, in the order of the meter. */
  readonly details: readonly Detail[];
}

export interface Detail {
  /** A stable code, `voltage_a`, `power`, `relay_command` …, which the console puts into words. */
  readonly name: string;
  readonly value: string;
  readonly unit: string;
}

/** A register as the meter froze it at a time of its own, for filling what was missed. */
export interface FrozenReading {
  readonly clock: ZonedParts;
  readonly total: bigint;
  readonly tariffs: readonly (bigint | null)[] | null;
}

/** Where the relay or valve stands by read-back. `not_held`: it stands right, but the meter's own logic may move it. */
export type SwitchSeen = 'on' | 'off' | 'fault' | 'not_held' | 'moving';

/** What can be written to a meter beside its relay or valve. Values are plain JSON and in the units the names say. */
export interface SettingValues {
  /** Supply cannot be cut, by the meter's own logic or by a command. */
  readonly keep_power: { readonly on: boolean };
  readonly clock: { readonly local: ZonedParts };
  /** Yuan per kWh or m³ with up to six decimals, in the order sharp, peak, flat, valley, deep valley. */
  readonly price_table: { readonly prices: readonly string[] };
  readonly alarm_amounts: { readonly alarm1Fen: number; readonly alarm2Fen: number };
}
export type SettingKind = keyof SettingValues;
export const SETTING_KINDS = ['keep_power', 'clock', 'price_table', 'alarm_amounts'] as const satisfies SettingKind[];

/** One kind of setting: how it is written, and how the meter is asked what it now has. Only that read-back is success. */
export interface SettingDialogues<K extends SettingKind> {
  write(point: MeterPoint, value: SettingValues[K]): Dialogue<void>;
  readBack(point: MeterPoint): Dialogue<SettingValues[K]>;
}

/**
 * How one kind of meter is spoken to. Everything that differs between makes and models is data in the model; a driver is
 * one for each protocol.
 */
export interface MeterDriver {
  /** Also the name under which its frames are kept and decoded: `modbus`, `dlt645`, `cjt188`. */
  readonly protocol: string;
  /** Cuts the bytes of a line into checked frames, of meters and of echoes alike. */
  createStream(): StreamDecoder<Received<unknown>>;
  /** @throws meter.bad_address in words a technician understands */
  parseAddress(address: string): unknown;
  /** Everything a scheduled reading needs, in as few questions as the meter allows. */
  read(point: MeterPoint): Dialogue<MeterReading>;
  /** Orders the relay or valve. That the meter took the order is not success: `readSwitch` is. */
  writeSwitch(point: MeterPoint, wanted: 'on' | 'off', at: ZonedParts): Dialogue<void>;
  /** Where it stands. @param wanted what it was told; a meter that stands so without holding to it says `not_held` */
  readSwitch(point: MeterPoint, wanted: 'on' | 'off'): Dialogue<SwitchSeen>;
  /** Registers frozen between two times of the meter, oldest first, where the model keeps any (`model.freezes`). */
  readFrozen(point: MeterPoint, from: ZonedParts, to: ZonedParts): Dialogue<FrozenReading[]>;
  /** What this model can be told; absent where it cannot, or where it is not yet verified on a real meter. */
  setting<K extends SettingKind>(point: MeterPoint, kind: K): SettingDialogues<K> | null;
}
