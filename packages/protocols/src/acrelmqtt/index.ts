export {
  decodeHwDown,
  decodeHwUp,
  encodeHwDown,
  encodeHwUp,
  HW_VALUES,
  type HwDown,
  type HwUp,
  readingOfHwData,
} from './hw.ts';
export { buildHwTopic, HW_COMMANDS, HW_UP_FILTER, type HwTopic, parseHwTopic } from './hw-topic.ts';
export {
  decodeIotDown,
  decodeIotUp,
  encodeIotDown,
  encodeIotUp,
  IOT_VALUES,
  type IotDown,
  type IotHead,
  type IotMeter,
  type IotUp,
  readingOfIotMeter,
} from './iot.ts';
export { buildIotTopic, IOT_UP_FILTERS, type IotTopic, parseIotTopic } from './iot-topic.ts';
export type { DeviceValue } from './values.ts';
export { decryptCts, encryptCts, type Packing, PLAIN } from './wrap.ts';
