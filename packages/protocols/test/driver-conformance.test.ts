import { type MeterModel, meterModels } from '@openprepay/protocols';
import { driverConformance } from '../test-support/driver-conformance.ts';
import { virtualCjt188 } from '../test-support/virtual-cjt188.ts';
import { virtualDlt645 } from '../test-support/virtual-dlt645.ts';
import type { VirtualMeter } from '../test-support/virtual-meter.ts';
import { virtualModbus } from '../test-support/virtual-modbus.ts';

function virtual(model: MeterModel, which: 0 | 1): VirtualMeter {
  switch (model.driver) {
    case 'modbus':
      return virtualModbus(model, ['1', '2'][which] ?? '');
    case 'dlt645':
      return virtualDlt645(model, ['000000681668', '000000681669'][which] ?? '');
    case 'cjt188':
      return virtualCjt188(model, ['78330011223344', '78330011223368'][which] ?? '');
  }
}

for (const [name, model] of Object.entries(meterModels)) driverConformance(name, (which) => virtual(model, which));
