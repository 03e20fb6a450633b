import { decodeDown, decodeUp, encodeDown, encodeUp } from '@openprepay/protocols/acrel4g';
import {
  decodeLegacyEnergy,
  decodeLiveBlock,
  encodeLegacyEnergy,
  encodeLiveBlock,
  LEGACY_ENERGY,
} from '@openprepay/protocols/acrel1352';
import { decodeFrame, decodeReadReply, encodeFrame, readReply, readRequest } from '@openprepay/protocols/cjt188';
import { decodeReply, decodeRequest, encodeReply, encodeRequest } from '@openprepay/protocols/modbus';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import * as any from './arbitraries.ts';

const RUNS = { numRuns: 1000 };

function comesBack<M, Wire>(message: fc.Arbitrary<M>, encode: (message: M) => Wire, decode: (wire: Wire) => M): void {
  fc.assert(
    fc.property(message, (one) => {
      expect(decode(encode(one))).toEqual(one);
    }),
    RUNS,
  );
}

describe('what is encoded is decoded again', () => {
  test('Modbus requests', () => comesBack(any.modbusRequest, encodeRequest, decodeRequest));
  test('Modbus replies', () => comesBack(any.modbusReply, encodeReply, decodeReply));
  test('4G messages of the meter', () => comesBack(any.acrel4gUp, encodeUp, decodeUp));
  test('4G messages of the server', () => comesBack(any.acrel4gDown, encodeDown, decodeDown));
  test('CJ/T 188 frames', () => comesBack(any.cjt188Frame, encodeFrame, decodeFrame));
  test('live blocks', () => comesBack(any.liveBlock, encodeLiveBlock, decodeLiveBlock));

  test('energy registers', () => {
    const registers = any.liveBlock.map(({ totalWh, tariffsWh }) => ({
      totalWh,
      tariffsWh: { ...tariffsWh, deepValley: null },
    }));
    comesBack(registers, encodeLegacyEnergy, decodeLegacyEnergy);
    expect(LEGACY_ENERGY).toEqual({ start: 0, quantity: 10 });
  });

  test('metering of a water meter', () => {
    const request = readRequest('78330011223344', 7);
    comesBack(any.metering, (one) => readReply(request, one), decodeReadReply);
  });
});
