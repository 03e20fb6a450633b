import { meterModels } from '@openprepay/protocols';
import { Dlt645Meter } from './dlt645/meter.ts';
import { ElectricityMeter } from './electricity-meter.ts';
import type { SiteMeter, StallType } from './site.ts';
import { WaterMeter } from './water-meter.ts';
import { simulatorError, type World } from './world.ts';

/** Any meter that the simulator knows how to be. */
export type AnyMeter = ElectricityMeter | Dlt645Meter | WaterMeter;

/** The meter of a site, by its model. Errors: `simulator.bad_site` for a model that nobody knows. */
export function makeMeter(site: SiteMeter, stallType: StallType, world: World): AnyMeter {
  switch (meterModels[site.model]?.driver) {
    case 'modbus':
      return new ElectricityMeter(site, stallType, world);
    case 'dlt645':
      return new Dlt645Meter(site, stallType, world);
    case 'cjt188':
      return new WaterMeter(site, stallType, world);
    default:
      throw simulatorError('simulator.bad_site', `no such model: ${site.model}`);
  }
}
