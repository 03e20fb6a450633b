import { protocolError } from '../errors.ts';
import { CJT188_CODECS } from './cjt188.ts';
import type { NbCodec } from './codec.ts';
import { pressurePuCodec } from './pressure-pu.ts';
import { profileCodec, WATER_PROFILE } from './profile-water.ts';

/** Every codec that an NB product can name. A new one is a file beside these and a row here. */
export const NB_CODECS: readonly NbCodec[] = [
  ...CJT188_CODECS,
  profileCodec('profile-water', WATER_PROFILE),
  pressurePuCodec,
];

const byName = new Map(NB_CODECS.map((codec) => [codec.name, codec]));

/** @throws meter.not_supported for a name that is not in the registry */
export function nbCodecOf(name: string): NbCodec {
  const codec = byName.get(name);
  if (!codec) throw protocolError('meter.not_supported', 'no such NB codec', { name: name.slice(0, 64) });
  return codec;
}
