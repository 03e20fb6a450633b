import type { ZonedParts } from '@openprepay/kernel';
import { digitsOfClock } from '../dlt645/clock.ts';
import type { RelayAction } from '../dlt645/relay.ts';
import { relayRequest } from '../dlt645/request.ts';
import { plusMinutes } from '../wall-clock.ts';
import { type Asked, authorityOf, exchange } from './dlt645-exchange.ts';
import type { Dialogue } from './driver.ts';

/**
 * Control 1C under the meter's password.
 * @param at what the meter's clock shows; after `validMinutes` more it takes the order no longer
 * @throws meter.refused, and meter.not_supported without a password
 */
export function* orderRelay(meter: Asked, action: RelayAction, at: ZonedParts, validMinutes: number): Dialogue<void> {
  const extra = meter.model.profile.relay?.extra ?? 0;
  const validUntil = digitsOfClock(plusMinutes(at, validMinutes), 'YYMMDDhhmmss');
  yield* exchange(relayRequest(meter.address, authorityOf(meter), { action, extra, validUntil }));
}
