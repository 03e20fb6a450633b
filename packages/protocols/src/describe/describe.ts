import { protocolError } from '../errors.ts';

export const DESCRIBED_PROTOCOLS = ['acrel4g', 'modbus', 'cjt188', 'ctwing'] as const;
export type DescribedProtocol = (typeof DESCRIBED_PROTOCOLS)[number];

/** Plain JSON: every field by name, values with units, frames inside under `inner`. */
export interface Description {
  readonly protocol: DescribedProtocol | 'acrel1352';
  /** One line in words. */
  readonly summary: string;
  readonly fields: Readonly<Record<string, unknown>>;
  readonly inner: readonly Description[];
}

/** @throws any error of this package */
export function describeFrame(_protocol: DescribedProtocol, _input: Uint8Array | string): Description {
  throw protocolError('frame.unknown_protocol', 'not described yet');
}
