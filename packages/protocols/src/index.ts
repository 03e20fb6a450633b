export { isProtocolError, type ProtocolErrorCode, protocolError } from './errors.ts';
export { type ElectricityModel, type MeterModel, MODELS, meterModels } from './models.ts';
export type { Received, StreamDecoder } from './stream.ts';
export { formatWallClock } from './wall-clock.ts';
