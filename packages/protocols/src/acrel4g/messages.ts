import type { ZonedParts } from '@openprepay/kernel';

/** One meter's registers inside a data message: `unit 03 count data`, without its CRC. */
export interface Acrel4gSection {
  readonly address: string;
  readonly modbus: Uint8Array;
}

/** What the meter's modem says. */
export type Acrel4gUp =
  | {
      readonly kind: 'register';
      readonly serial: string;
      readonly iccid: string;
      /** As the modem gives it, 0–31; 99 when unknown. */
      readonly rssi: number;
      /** Three versions of four BCD digits. */
      readonly firmware: readonly [string, string, string];
      readonly intervalMin: number;
    }
  | { readonly kind: 'time_request'; readonly serial: string }
  | { readonly kind: 'heartbeat' }
  /** `serial` is null where the firmware leaves it out. */
  | { readonly kind: 'data'; readonly serial: string | null; readonly sections: readonly Acrel4gSection[] }
  /** `modbus` is a whole RTU frame; empty when the modem acknowledges a write with its serial alone. */
  | { readonly kind: 'transparent'; readonly serial: string | null; readonly modbus: Uint8Array }
  | { readonly kind: 'other'; readonly command: number; readonly body: Uint8Array };

/** What the server says. `local` is the market's wall clock; `modbus` is a whole RTU frame. */
export type Acrel4gDown =
  | { readonly kind: 'register_ack' }
  | { readonly kind: 'time'; readonly local: ZonedParts }
  | { readonly kind: 'transparent'; readonly modbus: Uint8Array }
  | { readonly kind: 'data_ack' };

export const COMMAND = { register: 0x84, time: 0x93, heartbeat: 0x94, data: 0x91, transparent: 0x90 } as const;

export const SERIAL_BYTES = 20;
export const ICCID_BYTES = 30;
/** 7B7B, command, CRC, 7D7D. */
export const MIN_FRAME_BYTES = 7;
export const MAX_FRAME_BYTES = 4096;
