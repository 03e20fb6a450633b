import { instantOf, quantity, type ZonedParts } from '@openprepay/kernel';
import type { MeterReading, SwitchSeen } from '@openprepay/protocols/driver';
import type { Device } from '../devices/index.ts';
import type { LiveOrigin, MeterReport } from '../readings/index.ts';

/** A clock further back than this was never set: late data are at most this old. */
const MAX_LATE_MS = 62 * 24 * 3600 * 1000;

/** What the table of frames takes; a gateway's message, unpacked, may be longer, and its readings count all the same. */
export const MAX_KEPT_BYTES = 65_536;

/**
 * The time at the meter. Late data keep their own time and a clock ahead is passed on as it is, for intake to judge;
 * without a clock that makes sense the time of receipt is taken.
 */
export function readAtOf(clock: ZonedParts | null, timeZone: string, receivedAt: Date): Date {
  if (clock === null) return receivedAt;
  try {
    const at = instantOf(clock, timeZone);
    return receivedAt.getTime() - at.getTime() > MAX_LATE_MS ? receivedAt : at;
  } catch {
    return receivedAt;
  }
}

/** What a meter showed, over any link. Registers are before CT, readings after. */
export function meterReport(
  device: Device,
  shown: MeterReading,
  source: {
    readonly receivedAt: Date;
    /** When a platform had it, for a meter without a clock of its own. */
    readonly sentAt?: Date;
    readonly origin: LiveOrigin;
    readonly frame: Uint8Array;
    readonly protocol: string;
  },
): MeterReport {
  const ctRatio = BigInt(device.ctRatio);
  return {
    ...identityOf(device),
    receivedAt: source.receivedAt,
    frame: keptOf(source.protocol, source.frame),
    reading: {
      readAt: readAtOf(shown.clock, device.timeZone, source.sentAt ?? source.receivedAt),
      total: quantity(shown.total * ctRatio),
      tariffs: shown.tariffs?.map((value) => (value === null ? null : value * ctRatio)) ?? null,
      origin: source.origin,
    },
    switchState: shown.switchState,
    ...(shown.batteryLow === null ? {} : { batteryLow: shown.batteryLow }),
  };
}

/** Where a relay or valve stands, asked for by itself. */
export function switchReport(
  device: Device,
  seen: SwitchSeen,
  source: { readonly receivedAt: Date; readonly frame: Uint8Array; readonly protocol: string },
): MeterReport {
  const switchState = seen === 'on' || seen === 'off' || seen === 'fault' ? seen : null;
  return { ...contactReport(device, source.protocol, source.frame, source.receivedAt), switchState };
}

/** A message that carries no reading: kept with its bytes, and the meter was in contact. */
export function contactReport(device: Device, protocol: string, bytes: Uint8Array, receivedAt: Date): MeterReport {
  return { ...identityOf(device), receivedAt, frame: keptOf(protocol, bytes), reading: null, switchState: null };
}

const keptOf = (protocol: string, bytes: Uint8Array) => ({ protocol, bytes: bytes.subarray(0, MAX_KEPT_BYTES) });

const identityOf = ({ marketId, meterId, kind, model, ctRatio }: Device) => ({
  marketId,
  meterId,
  kind,
  model,
  ctRatio,
});
