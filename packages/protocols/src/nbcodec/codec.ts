import type { MeterReading } from '../driver/driver.ts';
import type { ProtocolErrorCode } from '../errors.ts';
import type { JsonObject } from '../json.ts';

/** What the platform hands over: the device's own bytes, or the values that the platform's profile made of them. */
export type NbPayload = Uint8Array | JsonObject;

/** One thing that a payload says. */
export type NbMessage = {
  /** The meter's own address, where the payload has it. */
  readonly address: string | null;
  /** The bytes of this message alone; null where the payload is values. */
  readonly frame: Uint8Array | null;
} & (
  | { readonly kind: 'reading'; readonly reading: MeterReading }
  /** The meter took an order for its valve. Where the valve is, only a later reading says. */
  | { readonly kind: 'valve_answer'; readonly sequence: number | null }
  /** Whole and of this meter, but nothing that is used; `refused` says why where something was expected. */
  | { readonly kind: 'other'; readonly refused: ProtocolErrorCode | null }
);

/** What is sent to a device through its platform. */
export type NbCommand =
  | { readonly kind: 'bytes'; readonly bytes: Uint8Array }
  /** A service of the platform's profile. */
  | { readonly kind: 'service'; readonly identifier: string; readonly parameters: JsonObject };

/** How the meters of one NB product are read and told. Each product names its codec. */
export interface NbCodec {
  readonly name: string;
  /** The name under which frames are kept and decoded for people. */
  readonly protocol: string;
  /**
   * What a payload says, in its order; at least one message.
   * @throws frame.unknown_shape when it is none of this codec's; the caller keeps the bytes in any case
   */
  decodeReport(payload: NbPayload): readonly NbMessage[];
  /**
   * @param sequence 0–255, echoed by meters that can, so that the answer to an old order is told from that to a new one
   * @throws meter.bad_address, meter.not_supported
   */
  encodeValve(address: string, wanted: 'on' | 'off', sequence: number): NbCommand;
  /** Asks for a reading now. @throws meter.bad_address; meter.not_supported where the meter cannot be asked */
  encodeRead(address: string, sequence: number): NbCommand;
}
