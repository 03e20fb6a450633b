import { protocolError } from '../errors.ts';
import type { ModbusRequest } from '../modbus/messages.ts';
import { SWITCH_FIELDS } from './fields.ts';
import { readFields, writeFields } from './registers.ts';

/** 0057: 0 the meter decides by its own prepaid logic, 1 forced. 0058: 0 closed (supply on), 1 open (supply off). */
export const SWITCH_REGISTERS = { start: 0x0057, quantity: 2 } as const;

export type SwitchPosition = 'on' | 'off';

export interface SwitchRegisters {
  readonly forced: boolean;
  /** What is forced; without meaning while `forced` is false. */
  readonly state: SwitchPosition;
}

/** Forces the relay closed (on) or open (off). */
export const switchWrite = (wanted: SwitchPosition, unit: number): ModbusRequest =>
  write(unit, { forced: true, state: wanted });

/** Gives the relay back to the meter's own prepaid logic (恢复预付费). */
export const restorePrepaidWrite = (unit: number): ModbusRequest => write(unit, { forced: false, state: 'on' });

/** @param data 4 bytes from register 0057. @throws frame.bad_length, frame.bad_value */
export function decodeSwitchRegisters(data: Uint8Array): SwitchRegisters {
  if (data.length !== 4) throw protocolError('frame.bad_length', `4 bytes of switch registers, got ${data.length}`);
  const { forced, open } = readFields(SWITCH_FIELDS, data);
  if (forced > 1 || open > 1) throw protocolError('frame.bad_value', 'switch registers are 0 or 1', { forced, open });
  return { forced: forced === 1, state: open === 1 ? 'off' : 'on' };
}

export function encodeSwitchRegisters({ forced, state }: SwitchRegisters): Uint8Array {
  const data = new Uint8Array(4);
  writeFields(SWITCH_FIELDS, { forced: forced ? 1 : 0, open: state === 'off' ? 1 : 0 }, data);
  return data;
}

function write(unit: number, { forced, state }: SwitchRegisters): ModbusRequest {
  return {
    kind: 'write',
    unit,
    start: SWITCH_REGISTERS.start,
    registers: [forced ? 1 : 0, state === 'off' ? 1 : 0],
  };
}
