/** What is asked over Modbus RTU. Addresses and quantities are in registers of 16 bits; `unit` is the bus address. */
export type ModbusRequest =
  | { readonly kind: 'read'; readonly unit: number; readonly start: number; readonly quantity: number }
  | {
      readonly kind: 'write';
      readonly unit: number;
      readonly start: number;
      readonly registers: readonly number[];
      /** Written with function 06 (one register) instead of 10. */
      readonly single?: true;
    }
  | { readonly kind: 'write_coil'; readonly unit: number; readonly coil: number; readonly on: boolean };

/** What a device answers. `data` holds registers high byte first, without header and CRC. */
export type ModbusReply =
  | { readonly kind: 'read'; readonly unit: number; readonly data: Uint8Array }
  | {
      readonly kind: 'write';
      readonly unit: number;
      readonly start: number;
      readonly quantity: number;
      /** The value that a reply to function 06 repeats. */
      readonly singleValue?: number;
    }
  | { readonly kind: 'write_coil'; readonly unit: number; readonly coil: number; readonly on: boolean }
  | {
      readonly kind: 'exception';
      readonly unit: number;
      readonly functionCode: number;
      readonly exceptionCode: number;
    };

/** Modbus Application Protocol V1.1b3, 6.3, 6.5, 6.6, 6.12. */
export const FUNCTION = { readRegisters: 0x03, writeCoil: 0x05, writeRegister: 0x06, writeRegisters: 0x10 } as const;
export const FUNCTION_NAMES: Readonly<Record<number, string>> = {
  3: 'read holding registers',
  5: 'write single coil',
  6: 'write single register',
  16: 'write multiple registers',
};

export const EXCEPTION_BIT = 0x80;
/** Modbus Application Protocol V1.1b3, 7. */
export const EXCEPTION: Readonly<Record<number, string>> = {
  1: 'illegal function',
  2: 'illegal data address',
  3: 'illegal data value',
  4: 'server device failure',
  5: 'acknowledge',
  6: 'server device busy',
  8: 'memory parity error',
  10: 'gateway path unavailable',
  11: 'gateway target device failed to respond',
};

/** Most registers in one read: the byte count has to fit one byte of an RTU frame of 256. */
export const MAX_READ_REGISTERS = 125;
export const MAX_WRITE_REGISTERS = 123;
export const MAX_RTU_BYTES = 256;
