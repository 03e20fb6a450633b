import { fromHex } from '@openprepay/kernel';
import { protocolError } from '../errors.ts';
import { describeAcrel4g } from './acrel4g.ts';
import { describeAcrelGw } from './acrelgw.ts';
import { describeAcrelMqtt } from './acrelmqtt.ts';
import { describeCjt188 } from './cjt188.ts';
import { describeCtwing } from './ctwing.ts';
import type { Description } from './description.ts';
import { describeDlt645 } from './dlt645.ts';
import { describeDtu } from './dtu.ts';
import { describeModbus } from './modbus.ts';
import { describeOneNet } from './onenet.ts';

export const DESCRIBED_PROTOCOLS = [
  'acrel4g',
  'acrelgw',
  'acrelmqtt',
  'modbus',
  'cjt188',
  'dlt645',
  'dtu',
  'ctwing',
  'onenet',
] as const;
export type DescribedProtocol = (typeof DESCRIBED_PROTOCOLS)[number];

/** Those whose messages are text, which may be given as such. */
export const TEXT_PROTOCOLS: readonly DescribedProtocol[] = ['acrelmqtt', 'ctwing', 'onenet'];

/** A longer input is no frame of any of these protocols. */
const MAX_INPUT = 1 << 20;

/**
 * What a frame says, for people and for programs.
 * @param input the frame's bytes, or their hexadecimal text; for the protocols that are text, the text or its bytes
 * @param secret what sender and receiver share, for protocols that encrypt; without it what is encrypted is shown as such
 * @throws any error of this package: an invalid frame is not described
 */
export function describeFrame(
  protocol: DescribedProtocol,
  input: Uint8Array | string,
  secret: string | null = null,
): Description {
  if (input.length > MAX_INPUT) throw protocolError('frame.too_long', `over ${MAX_INPUT} bytes`);
  switch (protocol) {
    case 'ctwing':
      return describeCtwing(input);
    case 'onenet':
      return describeOneNet(input, secret);
    case 'acrelmqtt':
      return describeAcrelMqtt(input, secret);
  }
  const frame = typeof input === 'string' ? fromHex(input) : input;
  switch (protocol) {
    case 'acrel4g':
      return describeAcrel4g(frame);
    case 'acrelgw':
      return describeAcrelGw(frame, secret);
    case 'modbus':
      return describeModbus(frame);
    case 'cjt188':
      return describeCjt188(frame);
    case 'dlt645':
      return describeDlt645(frame);
    case 'dtu':
      return describeDtu(frame);
  }
}
