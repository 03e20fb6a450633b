export { isProtocolError, type ProtocolErrorCode, protocolError } from './errors.ts';
export { type MeterModel, meterModels } from './models/index.ts';
export type { Received, StreamDecoder } from './stream.ts';
export { formatWallClock } from './wall-clock.ts';
