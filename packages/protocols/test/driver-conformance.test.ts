import { meterModels } from '@openprepay/protocols';
import { driverConformance } from '../test-support/driver-conformance.ts';
import { virtualMeterOf } from '../test-support/virtual.ts';

for (const [name, model] of Object.entries(meterModels)) {
  driverConformance(name, (which) => virtualMeterOf(model, which));
}
