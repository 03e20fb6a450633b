export type {
  Ask,
  Detail,
  Dialogue,
  FrozenReading,
  MeterDriver,
  MeterPoint,
  MeterReading,
  SettingDialogues,
  SettingKind,
  SettingValues,
  SwitchSeen,
} from './driver.ts';
export { SETTING_KINDS } from './driver.ts';
export { driverOf } from './drivers.ts';
export { readingOfPush } from './modbus.ts';
