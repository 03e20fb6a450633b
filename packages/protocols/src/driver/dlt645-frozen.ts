import type { ZonedParts } from '@openprepay/kernel';
import { clockOfDigits, digitsOfClock } from '../dlt645/clock.ts';
import { decodeLoadRecords } from '../dlt645/load-record.ts';
import { readRequest } from '../dlt645/request.ts';
import type { DataValue } from '../dlt645/value.ts';
import { isProtocolError } from '../errors.ts';
import type { Dlt645Profile } from '../models/index.ts';
import { plusMinutes, secondsBetween } from '../wall-clock.ts';
import { type Asked, readBytes, readValue, unlessRefused } from './dlt645-exchange.ts';
import type { Dialogue, FrozenReading } from './driver.ts';
import { isVerified } from './support.ts';

const MINUTE = 'YYMMDDhhmm';
/** DI2 of a freeze. */
const OCCASION = { hourly_freeze: '04', daily_freeze: '06' } as const;
/** DI0 runs from 01, the latest, to FE. */
const MOST_FREEZES = 0xfe;
/** Class 4 holds the energies; import comes first. */
const ENERGY_CLASS = 3;
/** So many fit one frame where the meter keeps energies alone. */
const BLOCKS_A_QUESTION = 4;
/** Records closer together are more than anybody wants: of those one is asked for at a time, so far on. */
const LEAST_SPACING_MINUTES = 15;
/** A week of quarter hours, one by one. */
const MOST_QUESTIONS = 700;
/** XXXXXX.XX kWh. */
const WH_PER_COUNT = 10n;

type Source = Dlt645Profile['frozen'][number];
interface Span {
  readonly from: ZonedParts;
  readonly to: ZonedParts;
}

const isBefore = (one: ZonedParts, other: ZonedParts): boolean => secondsBetween(one, other) > 0;

export const whOf = (value: DataValue | undefined): bigint | null =>
  typeof value === 'bigint' ? value * WH_PER_COUNT : null;

/** From the finest source first; a coarser one fills only what is older than the finer reaches. */
export function* readFrozen(meter: Asked, from: ZonedParts, to: ZonedParts): Dialogue<FrozenReading[]> {
  let found: FrozenReading[] = [];
  for (const source of meter.model.profile.frozen) {
    if (source === 'load_record' && !isVerified(meter.point, source)) continue;
    const [oldest] = found;
    const readings = yield* unlessSenseless(readSource(meter, source, { from, to: oldest?.clock ?? to }));
    found = [...readings.filter(({ clock }) => !oldest || isBefore(clock, oldest.clock)), ...found];
  }
  return found;
}

/** What a meter says of one memory and makes no sense must not hide what it has in another. */
function* unlessSenseless(dialogue: Dialogue<FrozenReading[]>): Dialogue<FrozenReading[]> {
  try {
    return yield* dialogue;
  } catch (error) {
    if (!isProtocolError(error)) throw error;
    return [];
  }
}

function readSource(meter: Asked, source: Source, span: Span): Dialogue<FrozenReading[]> {
  return source === 'load_record' ? readLoadRecords(meter, span) : readFreezes(meter, OCCASION[source], span);
}

/** Back from the latest freeze: the time of each, and its energies where the time lies in the span. */
function* readFreezes(meter: Asked, occasion: string, { from, to }: Span): Dialogue<FrozenReading[]> {
  const found: FrozenReading[] = [];
  for (let number = 1; number <= MOST_FREEZES; number++) {
    const nth = number.toString(16).toUpperCase().padStart(2, '0');
    const time = yield* unlessRefused(readValue(meter, `05${occasion}00${nth}`));
    const clock = typeof time === 'string' ? clockOfDigits(time, MINUTE) : null;
    // Zeros or FF: no freeze was made so long ago.
    if (clock === null || isBefore(clock, from)) break;
    if (isBefore(to, clock)) continue;
    const energies = yield* unlessRefused(readValue(meter, `05${occasion}01${nth}`));
    const [total, ...tariffs] = Array.isArray(energies) ? energies.map(whOf) : [];
    if (total === null || total === undefined) continue;
    found.push({ clock, total, tariffs: tariffs.length === 0 ? null : tariffs });
  }
  return found.reverse();
}

/** Forward from the begin of the span, some records a question. */
function* readLoadRecords({ address }: Asked, { from, to }: Span): Dialogue<FrozenReading[]> {
  const found: FrozenReading[] = [];
  let blocks = BLOCKS_A_QUESTION;
  let since = from;
  for (let questions = 0; questions < MOST_QUESTIONS && !isBefore(to, since); questions++) {
    const request = {
      ...readRequest(address, '06040001'),
      blocks,
      since: digitsOfClock(since, MINUTE),
    };
    const data = yield* unlessRefused(readBytes(request));
    const records = data === null ? [] : decodeLoadRecords(data);
    const readings = records.flatMap(({ time, classes }): FrozenReading[] => {
      const clock = time === null ? null : clockOfDigits(time, MINUTE);
      const total = whOf(classes[ENERGY_CLASS]?.[0]);
      return clock === null || total === null ? [] : [{ clock, total, tariffs: null }];
    });
    const fresh = readings.filter(({ clock }) => !isBefore(clock, since));
    found.push(...fresh.filter(({ clock }) => !isBefore(to, clock)));
    const last = fresh.at(-1);
    if (!last || records.length < blocks) break;
    if (spacingMinutes(fresh) < LEAST_SPACING_MINUTES) blocks = 1;
    since = plusMinutes(last.clock, blocks === 1 ? LEAST_SPACING_MINUTES : 1);
  }
  return found;
}

/** Of the last two; of a single one nothing is known. */
function spacingMinutes(readings: readonly FrozenReading[]): number {
  const [one, other] = readings.slice(-2);
  return one && other ? secondsBetween(one.clock, other.clock) / 60 : Number.POSITIVE_INFINITY;
}
