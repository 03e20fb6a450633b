import type { MeterModel } from '../models/index.ts';
import { cjt188Driver } from './cjt188.ts';
import { dlt645Driver } from './dlt645.ts';
import type { MeterDriver } from './driver.ts';
import { modbusDriver } from './modbus.ts';

const DRIVERS: Readonly<Record<MeterModel['driver'], MeterDriver>> = {
  modbus: modbusDriver,
  dlt645: dlt645Driver,
  cjt188: cjt188Driver,
};

/** How this model is spoken to. */
export const driverOf = (model: MeterModel): MeterDriver => DRIVERS[model.driver];
