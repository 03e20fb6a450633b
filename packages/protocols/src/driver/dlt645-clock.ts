import type { ZonedParts } from '@openprepay/kernel';
import { BROADCAST_ADDRESS } from '../dlt645/address.ts';
import { clockOfDigits, digitsOfClock } from '../dlt645/clock.ts';
import { encodeData } from '../dlt645/data.ts';
import { protocolError } from '../errors.ts';
import { secondsBetween } from '../wall-clock.ts';
import { type Asked, exchange, hasPassword, readValue, writeData } from './dlt645-exchange.ts';
import type { Dialogue } from './driver.ts';

const DATE = 'YYMMDDWW';
const TIME = 'hhmmss';
/** A meter takes a broadcast that moves it no more than five minutes, once a day (clause 7.2.1 of the 2007 edition). */
const MOST_BROADCAST_S = 300;
/** So soon after midnight the date that was read just before may be that of yesterday. */
const JUST_AFTER_MIDNIGHT = '000100';

/** Null where the meter shows no possible time. @throws meter.refused, frame.* */
export function* readClock(meter: Asked): Dialogue<ZonedParts | null> {
  const ids = meter.model.profile.clock;
  const read = yield* readValue(meter, ids.date);
  const time = yield* readValue(meter, ids.time);
  if (typeof read !== 'string' || typeof time !== 'string') return null;
  const date = time < JUST_AFTER_MIDNIGHT ? yield* readValue(meter, ids.date) : read;
  return typeof date === 'string' ? clockOfDigits(date + time, DATE + TIME) : null;
}

/** Under the meter's password, or where it has none by a broadcast, as far as that reaches. @throws meter.not_supported */
export function* writeClock(meter: Asked, local: ZonedParts): Dialogue<void> {
  const { profile } = meter.model;
  const { edition } = profile;
  if (hasPassword(meter)) {
    const { date, time } = profile.clock;
    yield* writeData(meter, date, encodeData(edition, date, [digitsOfClock(local, DATE)]));
    yield* writeData(meter, time, encodeData(edition, time, [digitsOfClock(local, TIME)]));
    return;
  }
  const shown = yield* readClock(meter);
  if (shown === null || Math.abs(secondsBetween(shown, local)) > MOST_BROADCAST_S) {
    throw protocolError('meter.not_supported', 'without a password a clock is set by no more than five minutes');
  }
  const time = digitsOfClock(local, 'YYMMDDhhmmss');
  yield* exchange({ edition, address: BROADCAST_ADDRESS, kind: 'set_time', time });
}
