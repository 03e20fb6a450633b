import { formatDecimal } from '@openprepay/kernel';
import type { DataItem } from '../dlt645/data.ts';
import { createDlt645Stream } from '../dlt645/frame.ts';
import type { RunStatus } from '../dlt645/status-words.ts';
import { protocolError } from '../errors.ts';
import type { BlockIds } from '../models/index.ts';
import { readClock } from './dlt645-clock.ts';
import { type Asked, asked, parseMeterNumber, readItems, unlessRefused } from './dlt645-exchange.ts';
import { readFrozen, whOf } from './dlt645-frozen.ts';
import { orderRelay } from './dlt645-relay.ts';
import { readRunStatus, SETTINGS } from './dlt645-settings.ts';
import type { Detail, Dialogue, MeterDriver } from './driver.ts';
import { allows, mustSwitch } from './support.ts';

/** The items of a block, one by one where the meter refuses the block; null for one that it refuses too. */
function* readBlock(meter: Asked, { block, singles }: BlockIds): Dialogue<(DataItem | null)[]> {
  const whole = yield* unlessRefused(readItems(meter, block));
  if (whole !== null) return [...whole];
  const items: (DataItem | null)[] = [];
  for (const id of singles) items.push((yield* unlessRefused(readItems(meter, id)))?.[0] ?? null);
  return items;
}

function* readDetails(meter: Asked): Dialogue<Detail[]> {
  const details: Detail[] = [];
  for (const ids of meter.model.profile.details) {
    const items = yield* readBlock(meter, ids);
    for (const [at, name] of ids.names.entries()) {
      const item = items[at];
      if (item?.format.kind !== 'number' || typeof item.value !== 'bigint') continue;
      details.push({ name, value: formatDecimal(item.value, item.format.decimals), unit: item.format.unit });
    }
  }
  return details;
}

const statusDetails = (status: RunStatus | null): Detail[] =>
  status === null
    ? []
    : [
        { name: 'relay_command', value: status.relayOrderedOpen ? 'off' : 'on', unit: '' },
        { name: 'pre_trip_alarm', value: status.preTripAlarm ? 'yes' : 'no', unit: '' },
        { name: 'keep_power', value: status.keepPower ? 'yes' : 'no', unit: '' },
        { name: 'prepayment', value: status.prepayment, unit: '' },
      ];

/** Meters of DL/T 645, of 2007 and of 1997. `access` holds the password and the operator that orders carry. */
export const dlt645Driver: MeterDriver = {
  protocol: 'dlt645',
  createStream: createDlt645Stream,
  parseAddress: parseMeterNumber,

  *read(point) {
    const meter = asked(point);
    const { profile } = meter.model;
    const [total, ...tariffs] = (yield* readBlock(meter, profile.energy)).map((item) => whOf(item?.value));
    if (total === null || total === undefined) throw protocolError('frame.bad_payload', 'the meter shows no total');
    const clock = yield* unlessRefused(readClock(meter));
    const status = profile.relay && (yield* unlessRefused(readRunStatus(meter)));
    return {
      total,
      tariffs: tariffs.length === 0 ? null : tariffs,
      clock,
      switchState: status?.switchState ?? null,
      batteryLow: null,
      details: [...(yield* readDetails(meter)), ...statusDetails(status)],
    };
  },

  *writeSwitch(point, wanted, at) {
    mustSwitch(point);
    const meter = asked(point);
    const { relay } = meter.model.profile;
    if (relay === null) throw protocolError('meter.not_supported', `${meter.model.model} has no relay`);
    yield* orderRelay(meter, relay[wanted], at, relay.validMinutes);
  },

  /**
   * Where bit 4, the relay, is not what bit 6 ordered, it may be moving, wait for its button, or be stuck: one look
   * cannot tell. So it is `moving` here, and whoever asked looks again until he gives it up.
   */
  *readSwitch(point) {
    const { switchState } = yield* readRunStatus(asked(point));
    return switchState === 'fault' ? 'moving' : switchState;
  },

  readFrozen: (point, from, to) => readFrozen(asked(point), from, to),

  setting(point, kind) {
    return allows(point, kind) ? SETTINGS[kind] : null;
  },
};
