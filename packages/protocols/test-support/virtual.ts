import type { MeterModel } from '@openprepay/protocols';
import { virtualCjt188 } from './virtual-cjt188.ts';
import { virtualDlt645 } from './virtual-dlt645.ts';
import type { VirtualMeter } from './virtual-meter.ts';
import { virtualModbus } from './virtual-modbus.ts';

/** A virtual meter of a model, at one of two addresses of its protocol. */
export function virtualMeterOf(model: MeterModel, which: 0 | 1): VirtualMeter {
  switch (model.driver) {
    case 'modbus':
      return virtualModbus(model, ['1', '2'][which] ?? '');
    case 'dlt645':
      return virtualDlt645(model, ['000000681668', '000000681669'][which] ?? '');
    case 'cjt188':
      return virtualCjt188(model, ['78330011223344', '78330011223368'][which] ?? '');
  }
}
