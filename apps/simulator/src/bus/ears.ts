import type { Received, StreamDecoder } from '@openprepay/protocols';
import { createCjt188Stream } from '@openprepay/protocols/cjt188';
import { createDlt645Stream } from '@openprepay/protocols/dlt645';
import { createModbusRequestStream } from '@openprepay/protocols/modbus';
import type { Speech } from '../types.ts';

/** How a meter of each protocol hears frames in what comes over its line. */
export const EARS: Readonly<Record<Speech, () => StreamDecoder<Received<unknown>>>> = {
  modbus: createModbusRequestStream,
  dlt645: createDlt645Stream,
  cjt188: createCjt188Stream,
};
