export type { NbCodec, NbCommand, NbMessage, NbPayload } from './codec.ts';
export { type ProfileMap, profileCodec, WATER_PROFILE } from './profile-water.ts';
export { NB_CODECS, nbCodecOf } from './registry.ts';
