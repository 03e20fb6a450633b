export { BROADCAST_ADDRESS, matchesAddress, WILDCARD_ADDRESS } from './address.ts';
export { type Assembly, type AssemblyStep, createAssembly, MAX_ASSEMBLED_BYTES, repliesOf } from './assembly.ts';
export type { Authority, Password } from './authority.ts';
export { clockOfDigits, digitsOfClock, formatDigits } from './clock.ts';
export { type DataItem, decodeData, encodeData } from './data.ts';
export { DATA_ID, DATA_IDS, DIMENSIONS, type Dimension, findDataId, type KnownDataId } from './data-ids.ts';
export { answers, createEchoFilter, type EchoFilter } from './exchange.ts';
export type { DataIdEntry, Format, Source } from './format.ts';
export {
  CONTROL,
  createDlt645Stream,
  type Dlt645Frame,
  decodeFrame,
  type Edition,
  encodeFrame,
  isFromMeter,
  isRefusal,
  preambleBytesOf,
} from './frame.ts';
export { FUNCTION_1997, FUNCTION_2007, type FunctionName, identify } from './functions.ts';
export { decodeLoadRecords, encodeLoadRecord, LOAD_CLASSES, type LoadRecord, loadRecordName } from './load-record.ts';
export { decodeRelayOrder, encodeRelayOrder, RELAY_ACTIONS, type RelayAction, type RelayOrder } from './relay.ts';
export { type Dlt645Reply, decodeReply, describeErrors, frameOfReply } from './reply.ts';
export {
  broadcastTime,
  type Dlt645Request,
  readAddressRequest,
  readRequest,
  relayRequest,
} from './request.ts';
export { decodeRequest, frameOfRequest } from './request-codec.ts';
export {
  decodeRunStatus,
  describeStatusWord,
  encodeRunStatus,
  type RunStatus,
  STATUS_WORDS,
  type StatusWordNumber,
} from './status-words.ts';
export { type DataValue, decodeValue, encodeValue, sizeOf } from './value.ts';
export { withoutPassword } from './without-password.ts';
