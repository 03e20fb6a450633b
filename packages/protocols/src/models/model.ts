import type { MeterKind } from '@openprepay/kernel';
import type { Field } from '../acrel1352/fields.ts';
import type { Cjt188Habits } from '../cjt188/water.ts';
import type { Edition } from '../dlt645/frame.ts';
import type { RelayAction } from '../dlt645/relay.ts';
import type { SettingKind } from '../driver/driver.ts';

/**
 * Everything the platform knows of one make: what its readings can be, and in its profile how its driver speaks to it.
 * Quantities are Wh or litres, before CT.
 */
export type MeterModel = ModbusModel | Dlt645Model | Cjt188Model;

export interface ModelFacts {
  readonly model: string;
  readonly kind: MeterKind;
  /** The most that can pass in an hour, at rated power or flow. */
  readonly maxPerHour: bigint;
  /** Where the register wraps to zero: one more than the greatest value it can show. */
  readonly modulus: bigint;
  readonly switch: 'relay' | 'valve' | null;
  /** null for water. */
  readonly phases: 1 | 3 | null;
  /** Registers by time of use that it keeps beside the total. */
  readonly tariffs: number;
  /** The shortest interval at which it keeps a copy of its register. */
  readonly freezes: 'none' | 'hourly' | 'daily';
  /** What it can be told beside its relay or valve. */
  readonly settings: readonly SettingKind[];
  /**
   * Of these the facts rest on one source, or on common knowledge. They are done only on a meter whose access says
   * `unverified: allowed`, because somebody tried them on it.
   */
  readonly unverified: readonly ('switch' | 'load_record' | SettingKind)[];
}

export interface ModbusModel extends ModelFacts {
  readonly driver: 'modbus';
  readonly profile: ModbusProfile;
}

export interface Dlt645Model extends ModelFacts {
  readonly driver: 'dlt645';
  readonly profile: Dlt645Profile;
}

export interface Cjt188Model extends ModelFacts {
  readonly driver: 'cjt188';
  readonly profile: Cjt188Profile;
}

/** Registers that lie together and are read in one question. */
export interface RegisterBlock {
  readonly start: number;
  readonly quantity: number;
  readonly fields: readonly Field[];
  /** One binary byte each from `byte` on, `YYMMDDWWhhmmss`; null where the block has no clock. */
  readonly clock: { readonly byte: number; readonly layout: string } | null;
}

export interface ModbusProfile {
  /** Asked for at every reading, in this order. Field names differ over all of them. */
  readonly blocks: readonly RegisterBlock[];
  /** What the meter may send by itself: told apart by its length. */
  readonly pushes: readonly RegisterBlock[];
  /** Names of energy fields; tariffs in the order sharp, peak, flat, valley, deep valley. */
  readonly total: string;
  readonly tariffs: readonly string[];
  /** Fields of those blocks that hold yes and no. */
  readonly flags: readonly { readonly name: string; readonly field: string; readonly bit: number }[];
  readonly relay: ForcedRelay | null;
}

/** A relay that registers force open or closed against the meter's own logic. */
export interface ForcedRelay {
  /** With the fields `forced` and `open`, 0 or 1 each. */
  readonly registers: RegisterBlock;
  /** Where the relays report themselves, 1 = closed, one bit a phase from L1 on. */
  readonly closed: { readonly field: string; readonly bits: readonly number[] };
  /** The field that is 0 in a three-phase meter; in any other only L1 has a relay. */
  readonly phaseCode: string;
}

export interface Dlt645Profile {
  readonly edition: Edition;
  /** A block of energies, total first, and the ids of its parts for a meter that refuses the block. */
  readonly energy: BlockIds;
  readonly clock: { readonly date: string; readonly time: string };
  /** For a person to look at; a phase that is not there is left out. */
  readonly details: readonly (BlockIds & { readonly names: readonly string[] })[];
  readonly relay: RelayHabits | null;
  /** Where it keeps copies of its register, the finest first. */
  readonly frozen: readonly ('load_record' | 'hourly_freeze' | 'daily_freeze')[];
}

export interface BlockIds {
  readonly block: string;
  readonly singles: readonly string[];
}

export interface RelayHabits {
  readonly on: Extract<RelayAction, 'close' | 'allow_close'>;
  readonly off: Extract<RelayAction, 'trip'>;
  /** N2 of the order: 0, but for some makes. */
  readonly extra: number;
  /** How long after it was given the meter may still take an order. */
  readonly validMinutes: number;
}

export interface Cjt188Profile extends Cjt188Habits {
  /** The byte of A017 that opens and the one that closes. */
  readonly valve: { readonly on: number; readonly off: number };
  /** The two low bits of ST for an open and a closed valve: some makers swap them. */
  readonly status: { readonly open: number; readonly closed: number };
  /** FE in front of a request, which wake the receiver. */
  readonly preambleBytes: number;
}
