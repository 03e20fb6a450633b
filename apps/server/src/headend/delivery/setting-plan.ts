import { type Clock, parseDecimal, zonedParts } from '@openprepay/kernel';
import type { Dialogue, SettingKind, SettingValues } from '@openprepay/protocols/driver';
import type { OpenSetting } from '../../commands/index.ts';
import { clockDriftS } from '../clock-drift.ts';
import type { Contacts } from '../contacts.ts';
import type { ReachableMeter } from '../reachable.ts';

/** How one setting is written to one meter, and asked back. */
export interface SettingPlan {
  write(): Dialogue<void>;
  /** Whether what the meter now has is what it was told. */
  check(): Dialogue<boolean>;
  onConfirmed?(contacts: Contacts): void;
}

/** A clock that was set may be so far off when it is read back: seconds on the wire, and whole ones in the meter. */
const CLOCK_TOLERANCE_S = 15;
const PRICE_DECIMALS = 6;

/** Null where this meter cannot be told that. What a command holds was checked when it was ordered. */
export function settingPlan(meter: ReachableMeter, { kind, value }: OpenSetting, clock: Clock): SettingPlan | null {
  switch (kind) {
    case 'clock':
      return clockPlan(meter, clock);
    case 'keep_power': {
      const wanted = value as SettingValues['keep_power'];
      return planOf(meter, 'keep_power', wanted, (has) => has.on === wanted.on);
    }
    case 'price_table': {
      const wanted = value as SettingValues['price_table'];
      return planOf(meter, 'price_table', wanted, (has) => samePrices(has.prices, wanted.prices));
    }
    case 'alarm_amounts': {
      const wanted = value as SettingValues['alarm_amounts'];
      const agrees = (has: typeof wanted) => has.alarm1Fen === wanted.alarm1Fen && has.alarm2Fen === wanted.alarm2Fen;
      return planOf(meter, 'alarm_amounts', wanted, agrees);
    }
  }
}

function planOf<K extends SettingKind>(
  { driver, point }: ReachableMeter,
  kind: K,
  wanted: SettingValues[K],
  agrees: (has: SettingValues[K]) => boolean,
): SettingPlan | null {
  const dialogues = driver.setting(point, kind);
  return (
    dialogues && {
      write: () => dialogues.write(point, wanted),
      *check() {
        return agrees(yield* dialogues.readBack(point));
      },
    }
  );
}

/** The value is the time at which it is written; it agrees while the meter keeps our time. */
function clockPlan({ device, driver, point }: ReachableMeter, clock: Clock): SettingPlan | null {
  const dialogues = driver.setting(point, 'clock');
  if (!dialogues) return null;
  const { marketId, meterId, timeZone } = device;
  let confirmed: { readonly at: Date; readonly driftS: number } | null = null;
  return {
    write: () => dialogues.write(point, { local: zonedParts(clock.now(), timeZone) }),
    *check() {
      const { local } = yield* dialogues.readBack(point);
      const at = clock.now();
      const driftS = clockDriftS(local, timeZone, at);
      if (driftS === null || Math.abs(driftS) > CLOCK_TOLERANCE_S) return false;
      confirmed = { at, driftS };
      return true;
    },
    onConfirmed(contacts) {
      if (confirmed) contacts.note({ marketId, meterId, at: confirmed.at, clockDriftS: confirmed.driftS });
    },
  };
}

const samePrices = (has: readonly string[], wanted: readonly string[]): boolean =>
  has.length >= wanted.length &&
  wanted.every((price, at) => parseDecimal(has[at] ?? '', PRICE_DECIMALS) === parseDecimal(price, PRICE_DECIMALS));
