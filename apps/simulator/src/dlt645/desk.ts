import type { ZonedParts } from '@openprepay/kernel';
import { clockOfDigits, type Dlt645Reply, type Dlt645Request, type RelayAction } from '@openprepay/protocols/dlt645';
import { fromBcdLowFirst } from '../bcd.ts';
import { opens, type Password } from './access.ts';
import type { Face } from './face.ts';
import { dataOf1997 } from './items-1997.ts';
import { dataOf2007 } from './items-2007.ts';

/** What the meter's answers stand on: what it knows, and what can be done to it. */
export interface Desk {
  face(): Face;
  password(): Password;
  setPassword(password: Password): void;
  setClock(local: ZonedParts): void;
  /** A broadcast, which the meter may leave alone. */
  broadcast(local: ZonedParts): void;
  /** False where it has no such setting, or the value cannot be one. */
  setParameter(dataId: string, data: Uint8Array): boolean;
  freezeNow(): void;
  /** False where it refuses. */
  order(action: RelayAction, operator: string): boolean;
  /** What was read last and did not fit into one frame. */
  long: { readonly dataId: string; readonly data: Uint8Array } | null;
}

type Without<R, K extends PropertyKey> = R extends unknown ? Omit<R, K> : never;
/** An answer, before the meter puts its address to it. */
export type Answer = Without<Dlt645Reply, 'edition' | 'address'>;
type Request<Kind extends Dlt645Request['kind']> = Extract<Dlt645Request, { kind: Kind }>;

/** ERR of DL/T 645-2007, 5.2. */
const ERROR = { other: 0x01, noSuchData: 0x02, password: 0x04 } as const;
/** L ≤ 200, less the data id and the sequence. */
const DATA_BYTES_MOST = 195;
const AT_ONCE = '99999999';

const refused = (of: Extract<Answer, { kind: 'refused' }>['of'], error: number): Answer => ({
  kind: 'refused',
  of,
  errors: Uint8Array.of(error),
});

/** What the meter answers; null where it keeps silent, as to a broadcast. */
export function answerTo(desk: Desk, request: Dlt645Request): Answer | null {
  switch (request.kind) {
    case 'read':
      return read(desk, request);
    case 'read_more':
      return readMore(desk, request);
    case 'read_address':
      return { kind: 'address', meterAddress: desk.face().address };
    case 'write':
      return write(desk, request);
    case 'set_time': {
      const local = clockOfDigits(request.time, 'YYMMDDhhmmss');
      if (local) desk.broadcast(local);
      return null;
    }
    case 'freeze':
      if (request.at !== AT_ONCE) return refused('freeze', ERROR.other);
      desk.freezeNow();
      return { kind: 'done', of: 'freeze' };
    case 'control':
      return control(desk, request);
    case 'set_password':
      if (!opens(desk.password(), request.old)) return refused('set_password', ERROR.password);
      desk.setPassword(request.next);
      return { kind: 'password', password: request.next };
    case 'control_sealed':
      return refused('control', ERROR.password);
    case 'write_address':
      // Needs the button under the seal.
      return null;
    default:
      return refused(request.kind, ERROR.other);
  }
}

function read(desk: Desk, request: Request<'read'>): Answer {
  const { dataId, edition } = request;
  const data = edition === '2007' ? dataOf2007(desk.face(), dataId, request) : dataOf1997(desk.face(), dataId);
  if (data === null) return refused('read', ERROR.noSuchData);
  desk.long = data.length > DATA_BYTES_MOST ? { dataId, data } : null;
  return { kind: 'data', dataId, ...pieceOf(data, 0) };
}

/** A further piece, as often as it is asked for. */
function readMore({ long }: Desk, { dataId, sequence }: Request<'read_more'>): Answer {
  const known = long !== null && long.dataId === dataId && sequence !== null;
  const piece = known ? pieceOf(long.data, sequence) : null;
  if (!piece || piece.data.length === 0) return refused('read_more', ERROR.noSuchData);
  return { kind: 'more_data', dataId, sequence, ...piece };
}

function pieceOf(data: Uint8Array, index: number): { data: Uint8Array; more: boolean } {
  const end = (index + 1) * DATA_BYTES_MOST;
  return { data: data.subarray(index * DATA_BYTES_MOST, end), more: data.length > end };
}

function write(desk: Desk, { dataId, authority, data }: Request<'write'>): Answer {
  if (!opens(desk.password(), authority)) return refused('write', ERROR.password);
  const clock = clockWritten(dataId, data, desk.face().clock);
  if (clock === undefined) {
    return desk.setParameter(dataId, data) ? { kind: 'done', of: 'write' } : refused('write', ERROR.noSuchData);
  }
  if (clock === null) return refused('write', ERROR.other);
  desk.setClock(clock);
  return { kind: 'done', of: 'write' };
}

function control(desk: Desk, { authority, order }: Request<'control'>): Answer {
  if (!opens(desk.password(), authority)) return refused('control', ERROR.password);
  const { clock } = desk.face();
  const until = clockOfDigits(order.validUntil, 'YYMMDDhhmmss');
  if (until === null || isBefore(until, clock)) return refused('control', ERROR.other);
  const done = desk.order(order.action, authority.operator ?? '00000000');
  return done ? { kind: 'done', of: 'control' } : refused('control', ERROR.other);
}

const seconds = ({ year, month, day, hour, minute, second }: ZonedParts): number =>
  Date.UTC(year, month - 1, day, hour, minute, second);
const isBefore = (one: ZonedParts, other: ZonedParts): boolean => seconds(one) < seconds(other);

/** What each byte of the date and time ids is; 2007 and 1997. */
const CLOCK_FIELDS: Readonly<Record<string, readonly (keyof ZonedParts)[]>> = {
  '04000101': ['weekday', 'day', 'month', 'year'],
  '04000102': ['second', 'minute', 'hour'],
  '0400010C': ['second', 'minute', 'hour', 'weekday', 'day', 'month', 'year'],
  C010: ['weekday', 'day', 'month', 'year'],
  C011: ['second', 'minute', 'hour'],
};

/** The clock with what was written to it; null where there is no such time, undefined where this is no id of the clock. */
function clockWritten(dataId: string, data: Uint8Array, clock: ZonedParts): ZonedParts | null | undefined {
  const fields = CLOCK_FIELDS[dataId];
  if (!fields) return undefined;
  if (data.length !== fields.length) return null;
  const values = fields.map((field, i) => {
    const value = fromBcdLowFirst(data.slice(i, i + 1)) ?? Number.NaN;
    return [field, field === 'year' ? 2000 + value : value] as const;
  });
  const written = { ...clock, ...Object.fromEntries(values) };
  const date = new Date(seconds(written));
  const exists = date.getUTCMonth() === written.month - 1 && date.getUTCHours() === written.hour;
  return exists && written.minute <= 59 && written.second <= 59 ? written : null;
}
