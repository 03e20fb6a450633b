import {
  DATA_IDS,
  type DataIdEntry,
  type DataValue,
  DIMENSIONS,
  type Dlt645Reply,
  type Dlt645Request,
  type Edition,
  encodeFrame,
  type Format,
  FUNCTION_1997,
  FUNCTION_2007,
  findDataId,
  frameOfReply,
  frameOfRequest,
  RELAY_ACTIONS,
  type RelayAction,
} from '@openprepay/protocols/dlt645';
import fc from 'fast-check';

const byte = fc.integer({ min: 0, max: 0xff });
const bytes = (maxLength: number) => fc.uint8Array({ maxLength });
/** Through numbers, since strings matched to a pattern cost ten times as much. */
const inBase = (base: 10 | 16, length: number) =>
  fc
    .bigInt({ min: 0n, max: BigInt(base) ** BigInt(length) - 1n })
    .map((value) => value.toString(base).padStart(length, '0'));
const digits = (length: number) => inBase(10, length);
const upperHex = (length: number) => inBase(16, length).map((text) => text.toUpperCase());
const editions = fc.constantFrom<Edition>('2007', '1997');
const idOf = (edition: Edition) => upperHex(edition === '2007' ? 8 : 4);

const address = fc.oneof(
  { weight: 5, arbitrary: digits(12) },
  digits(4).map((low) => `AAAAAAAA${low}`),
  fc.constant('AAAAAAAAAAAA'),
);

const password = fc.record({ level: fc.integer({ min: 0, max: 9 }), code: upperHex(6) });
const authorityOf = (edition: Edition) =>
  fc.record({
    level: fc.integer({ min: 0, max: 9 }),
    code: upperHex(6),
    operator: edition === '2007' ? upperHex(8) : fc.constant(null),
  });

const actions = Object.keys(RELAY_ACTIONS).filter((name): name is RelayAction => name in RELAY_ACTIONS);
const order = fc.record({ action: fc.constantFrom(...actions), extra: byte, validUntil: digits(12) });
const bauds = fc.constantFrom(300, 600, 1200, 2400, 4800, 9600, 19_200);
const selection = fc.oneof(
  fc.constant({ blocks: null, since: null }),
  fc.record({ blocks: byte, since: fc.option(digits(10)) }),
);
const sequenceOf = (edition: Edition) =>
  edition === '2007' ? fc.integer({ min: 1, max: 255 }) : fc.constant<number | null>(null);

const kind = <const K extends string>(name: K) => fc.constant(name);

/** What both editions have. 08 is the same in both, and so is said to be of 2007. */
function commonRequest(edition: Edition): fc.Arbitrary<Dlt645Request> {
  const origin = { edition: fc.constant(edition), address };
  const dataId = idOf(edition);
  const authority = authorityOf(edition);
  return fc.oneof(
    fc
      .record({ ...origin, kind: kind('read'), dataId, selection })
      .map(({ selection: chosen, ...rest }) => ({ ...rest, ...chosen })),
    fc.record({ ...origin, kind: kind('read_more'), dataId, sequence: sequenceOf(edition) }),
    fc.record({ ...origin, kind: kind('write'), dataId, authority, data: bytes(38) }),
    fc.record({ ...origin, kind: kind('write_address'), newAddress: digits(12) }),
    fc.record({ ...origin, kind: kind('set_baud'), baud: bauds }),
    fc.record({ ...origin, kind: kind('clear_demand'), authority }),
    fc.record({
      ...origin,
      kind: kind('set_password'),
      dataId: edition === '2007' ? dataId : fc.constant(null),
      old: password,
      next: password,
    }),
  );
}

const only2007 = (): fc.Arbitrary<Dlt645Request> => {
  const origin = { edition: fc.constant('2007' as const), address };
  const authority = authorityOf('2007');
  const sealed = authority.map((one) => ({ ...one, level: 0x98 }));
  return fc.oneof(
    fc.record({ ...origin, kind: kind('read_address') }),
    fc.record({ ...origin, kind: kind('set_time'), time: digits(12) }),
    fc.record({ ...origin, kind: kind('freeze'), at: digits(8) }),
    fc.record({ ...origin, kind: kind('clear_meter'), authority }),
    fc.record({ ...origin, kind: kind('clear_events'), authority, dataId: upperHex(8) }),
    fc.record({ ...origin, kind: kind('control'), authority, order }),
    fc.record({ ...origin, kind: kind('control_sealed'), authority: sealed, sealed: bytes(40) }),
    fc.record({ ...origin, kind: kind('set_terminal'), signal: byte }),
    fc.record({ ...origin, kind: kind('authenticate'), dataId: upperHex(8), data: bytes(40) }),
  );
};

export const dlt645Request: fc.Arbitrary<Dlt645Request> = fc.oneof(editions.chain(commonRequest), only2007());

function replyOf(edition: Edition): fc.Arbitrary<Dlt645Reply> {
  const origin = { edition: fc.constant(edition), address: digits(12) };
  const dataId = idOf(edition);
  const functions = Object.keys(edition === '2007' ? FUNCTION_2007 : FUNCTION_1997).filter(
    (name): name is keyof typeof FUNCTION_1997 => name in FUNCTION_1997 && name !== 'set_time',
  );
  return fc.oneof(
    fc.record({ ...origin, kind: kind('data'), dataId, data: bytes(190), more: fc.boolean() }),
    fc.record({
      ...origin,
      kind: kind('more_data'),
      dataId,
      data: bytes(190),
      more: fc.boolean(),
      sequence: sequenceOf(edition),
    }),
    fc.record({ ...origin, kind: kind('baud'), baud: bauds }),
    fc.record({ ...origin, kind: kind('password'), password }),
    fc.record({ ...origin, kind: kind('done'), of: fc.constantFrom('write', 'write_address', 'clear_demand') }),
    fc.record({
      ...origin,
      kind: kind('refused'),
      of: fc.constantFrom(...functions),
      errors: fc.uint8Array({ minLength: 1, maxLength: 2 }),
    }),
  );
}

const replyOf2007: fc.Arbitrary<Dlt645Reply> = fc.oneof(
  fc.record({
    edition: fc.constant('2007' as const),
    address: digits(12),
    kind: kind('address'),
    meterAddress: digits(12),
  }),
  fc.record({ edition: fc.constant('2007' as const), address: digits(12), kind: kind('terminal'), signal: byte }),
  fc.record({
    edition: fc.constant('2007' as const),
    address: digits(12),
    kind: kind('authenticated'),
    dataId: upperHex(8),
    data: bytes(40),
  }),
);

/** What a meter sends for known ids, so that mutants reach the values too. */
const knownData: fc.Arbitrary<Dlt645Reply> = fc
  .tuple(digits(12), fc.constantFrom('00010000', '0001FF00', '0201FF00', '0203FF00', '04000503', '04000404'), bytes(24))
  .map(([from, dataId, data]) => ({ edition: '2007', address: from, kind: 'data', dataId, data, more: false }));

export const dlt645Reply: fc.Arbitrary<Dlt645Reply> = fc.oneof(editions.chain(replyOf), replyOf2007, knownData);

/** Frames on the wire, without FE. */
export const dlt645RequestFrame = dlt645Request.map((request) => encodeFrame(frameOfRequest(request)));
export const dlt645ReplyFrame = dlt645Reply.map((reply) => encodeFrame(frameOfReply(reply)));
export const dlt645Frame = fc.oneof(dlt645RequestFrame, dlt645ReplyFrame);

/** Any value that the format can show. */
export function valueFor(format: Format): fc.Arbitrary<DataValue> {
  switch (format.kind) {
    case 'number': {
      const most = (format.signed ? 8n : 10n) * 10n ** BigInt(2 * format.bytes - 1) - 1n;
      return fc.option(fc.bigInt({ min: format.signed ? -most : 0n, max: most }));
    }
    case 'digits':
      return fc.option(digits(2 * format.bytes));
    case 'time':
      return fc.option(digits(format.layout.length));
    case 'text':
      return fc.option(fc.string({ unit: 'grapheme-ascii', maxLength: format.bytes }));
    case 'bits':
      return fc.option(fc.integer({ min: 0, max: 2 ** (8 * format.bytes) - 2 }));
    case 'bytes':
      return inBase(16, 2 * format.bytes);
    case 'record':
      return fc.tuple(...format.fields.map(([, one]) => valueFor(one)));
    case 'list':
      return fc.array(valueFor(format.of), { maxLength: 14 });
  }
}

const LETTERS = /([a-z])\1?/g;

/** Every id that a row stands for, blocks apart. */
export function idsOf(entry: DataIdEntry): readonly string[] {
  const [letters] = entry.id.match(LETTERS) ?? [];
  const dimension = letters === undefined ? undefined : DIMENSIONS[letters];
  if (letters === undefined || dimension === undefined) return [entry.id];
  return Array.from({ length: dimension.to - dimension.from + 1 }, (_, at) =>
    (dimension.from + at).toString(16).toUpperCase().padStart(letters.length, '0'),
  ).flatMap((place) => idsOf({ ...entry, id: entry.id.replace(letters, place) }));
}

/** An id of the row with values for it: one, or as many as a block may have. */
export function dataOf(
  edition: Edition,
  entry: DataIdEntry,
): fc.Arbitrary<{ readonly dataId: string; readonly values: readonly DataValue[] }> {
  const blocks = (entry.id.match(LETTERS) ?? []).map((letters) => {
    const rest = idsOf({ ...entry, id: entry.id.replace(letters, 'F'.repeat(letters.length)) });
    return rest[0] ?? entry.id;
  });
  const ids = fc.constantFrom(...idsOf(entry), ...blocks.filter((id) => findDataId(edition, id)));
  return ids.chain((dataId) => {
    const block = findDataId(edition, dataId)?.block ?? null;
    const most = block === null ? 1 : block.to - block.from + 1;
    return fc.record({
      dataId: fc.constant(dataId),
      values: fc.array(valueFor(entry.format), { minLength: 1, maxLength: most }),
    });
  });
}

export const EDITIONS = ['2007', '1997'] as const;
export const rowsOf = (edition: Edition): readonly DataIdEntry[] => DATA_IDS[edition];
