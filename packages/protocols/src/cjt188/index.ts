export { type Cjt188Frame, CONTROL, createCjt188Stream, decodeFrame, encodeFrame, WILDCARD_ADDRESS } from './frame.ts';
export {
  type Cjt188Habits,
  COLD_WATER,
  DATA_ID,
  decodeMetering,
  decodeReadReply,
  decodeStatus,
  decodeValveReply,
  decodeValveRequest,
  type Metering,
  type MeterStatus,
  readReply,
  readRequest,
  type ValveState,
  valveReply,
  valveRequest,
} from './water.ts';
