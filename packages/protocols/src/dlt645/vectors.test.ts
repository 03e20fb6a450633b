import { formatDecimal, fromHex, toHex } from '@openprepay/kernel';
import { describe, expect, test } from 'vitest';
import { asStated, loadVectors, titleOf, type Vector } from '../../test/vectors.ts';
import { formatDigits } from './clock.ts';
import { type DataItem, decodeData, encodeData } from './data.ts';
import { type Dlt645Frame, decodeFrame, encodeFrame, isFromMeter, preambleBytesOf } from './frame.ts';
import { type Dlt645Reply, decodeReply, frameOfReply } from './reply.ts';
import type { Dlt645Request } from './request.ts';
import { decodeRequest, frameOfRequest } from './request-codec.ts';
import { decodeRunStatus } from './status-words.ts';

/** A frame with the values of its data, each as a person would write it down. */
interface DataVector extends Vector {
  readonly values?: readonly (string | null)[];
  readonly switchState?: string;
}

const vectorsOf = (edition: string) => loadVectors<DataVector>(`dlt645-${edition}`);

const messageOf = (frame: Dlt645Frame): Dlt645Request | Dlt645Reply =>
  isFromMeter(frame) ? decodeReply(frame) : decodeRequest(frame);

const frameOf = (frame: Dlt645Frame): Dlt645Frame =>
  isFromMeter(frame) ? frameOfReply(decodeReply(frame)) : frameOfRequest(decodeRequest(frame));

function written({ format, value }: DataItem): string | null {
  if (typeof value === 'bigint' && format.kind === 'number') {
    return `${formatDecimal(value, format.decimals)} ${format.unit}`.trim();
  }
  if (typeof value === 'number') return value.toString(16).padStart(4, '0');
  if (typeof value === 'string' && format.kind === 'time') return formatDigits(value, format.layout);
  return typeof value === 'string' ? value : null;
}

describe.each(['2007', '1997'] as const)('known frames of the edition of %s', (edition) => {
  const vectors = vectorsOf(edition);
  const good = vectors.filter(({ decoded }) => decoded);
  const bad = vectors.filter(({ refused }) => refused);
  const withValues = vectors.filter(({ values }) => values);
  const titled = (list: readonly DataVector[]) => list.map((vector) => [titleOf(vector), vector] as const);

  test('the list holds frames of each sort', () => {
    expect(good.length).toBeGreaterThan(10);
    expect(bad.length).toBeGreaterThan(5);
    expect(withValues.length).toBeGreaterThan(2);
    expect(good.length + bad.length).toBe(vectors.length);
  });

  test.each(titled(good))('says what is stated, and is made again byte for byte: %s', (_, { hex, decoded }) => {
    const bytes = fromHex(hex);
    const frame = decodeFrame(bytes);
    const preambleBytes = preambleBytesOf(bytes);
    expect(asStated({ ...frame, ...messageOf(frame), preambleBytes })).toMatchObject(decoded ?? {});
    expect(toHex(encodeFrame(frameOf(frame), preambleBytes))).toBe(hex);
  });

  test.each(titled(withValues))(
    'has these values, and they give these bytes: %s',
    (_, { hex, values, switchState }) => {
      const reply = decodeReply(decodeFrame(fromHex(hex)));
      if (reply.kind !== 'data') throw new Error('no data');
      const items = decodeData(edition, reply.dataId, reply.data);
      expect(items.map(written)).toEqual(values);
      const again = encodeData(
        edition,
        reply.dataId,
        items.map(({ value }) => value),
      );
      expect(toHex(again)).toBe(toHex(reply.data));
      if (switchState) expect(decodeRunStatus(Number(items[0]?.value)).switchState).toBe(switchState);
    },
  );

  test.each(titled(bad))('is refused: %s', (_, { hex, refused }) => {
    expect(() => messageOf(decodeFrame(fromHex(hex)))).toThrow(expect.objectContaining({ code: refused }));
  });
});
