import { fromHex } from '@openprepay/kernel';
import { protocolError } from '../errors.ts';
import { describeAcrel4g } from './acrel4g.ts';
import { describeCjt188 } from './cjt188.ts';
import { describeCtwing } from './ctwing.ts';
import type { Description } from './description.ts';
import { describeDlt645 } from './dlt645.ts';
import { describeModbus } from './modbus.ts';

export const DESCRIBED_PROTOCOLS = ['acrel4g', 'modbus', 'cjt188', 'dlt645', 'ctwing'] as const;
export type DescribedProtocol = (typeof DESCRIBED_PROTOCOLS)[number];

/** A longer input is no frame of any of these protocols. */
const MAX_INPUT = 1 << 20;

/**
 * What a frame says, for people and for programs.
 * @param input the frame's bytes, or their hexadecimal text; for ctwing the JSON text, or its bytes
 * @throws any error of this package: an invalid frame is not described
 */
export function describeFrame(protocol: DescribedProtocol, input: Uint8Array | string): Description {
  if (input.length > MAX_INPUT) throw protocolError('frame.too_long', `over ${MAX_INPUT} bytes`);
  if (protocol === 'ctwing') return describeCtwing(input);
  const frame = typeof input === 'string' ? fromHex(input) : input;
  switch (protocol) {
    case 'acrel4g':
      return describeAcrel4g(frame);
    case 'modbus':
      return describeModbus(frame);
    case 'cjt188':
      return describeCjt188(frame);
    case 'dlt645':
      return describeDlt645(frame);
  }
}
