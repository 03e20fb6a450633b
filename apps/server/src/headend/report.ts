import { instantOf, quantity, type ZonedParts } from '@openprepay/kernel';
import type { LiveBlock } from '@openprepay/protocols/acrel1352';
import type { Metering } from '@openprepay/protocols/cjt188';
import type { Device } from '../devices/index.ts';
import type { LiveOrigin, MeterReport } from '../readings/index.ts';

/** A clock further back than this was never set: late data are at most this old. */
const MAX_LATE_MS = 62 * 24 * 3600 * 1000;

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

/** From the live block of an electricity meter. Registers are before CT, readings after. */
export function electricityReport(
  device: Device,
  block: LiveBlock,
  source: { readonly receivedAt: Date; readonly origin: LiveOrigin; readonly frame: Uint8Array },
): MeterReport {
  const ctRatio = BigInt(device.ctRatio);
  const { sharp, peak, flat, valley, deepValley } = block.tariffsWh;
  return {
    ...identityOf(device),
    receivedAt: source.receivedAt,
    frame: { protocol: 'acrel4g', bytes: source.frame },
    reading: {
      readAt: readAtOf(block.clock, device.timeZone, source.receivedAt),
      total: quantity(block.totalWh * ctRatio),
      tariffs: [sharp, peak, flat, valley, deepValley].map((value) => (value === null ? null : value * ctRatio)),
      origin: source.origin,
    },
    switchState: block.switchState,
  };
}

/** From the metering data of a water meter; `sentAt` is when the platform had it. */
export function waterReport(
  device: Device,
  metering: Metering,
  source: { readonly receivedAt: Date; readonly sentAt: Date; readonly payload: Uint8Array },
  wakeExpectedAt: Date | null,
): MeterReport {
  return {
    ...identityOf(device),
    receivedAt: source.receivedAt,
    frame: { protocol: 'cjt188', bytes: source.payload },
    reading: {
      readAt: readAtOf(metering.clock, device.timeZone, source.sentAt),
      total: quantity(metering.currentLitres),
      tariffs: null,
      origin: 'pushed',
    },
    switchState: metering.valve,
    batteryLow: metering.batteryLow,
    wakeExpectedAt,
  };
}

/** A message that carries no reading: kept with its bytes, and the meter was in contact. */
export function contactReport(device: Device, protocol: string, bytes: Uint8Array, receivedAt: Date): MeterReport {
  return { ...identityOf(device), receivedAt, frame: { protocol, bytes }, reading: null, switchState: null };
}

const identityOf = ({ marketId, meterId, kind, model, ctRatio }: Device) => ({
  marketId,
  meterId,
  kind,
  model,
  ctRatio,
});
