import { assert, concatBytes } from '@openprepay/kernel';
import type { MeterReading } from '@openprepay/protocols/driver';
import type { LiveOrigin } from '../readings/index.ts';
import { clockDriftS } from './clock-drift.ts';
import { converse } from './converse.ts';
import type { LinkEnv } from './link.ts';
import type { Priority, ReachableMeter } from './reachable.ts';
import { meterReport } from './report.ts';

/**
 * Asks a meter for everything that a reading needs and hands it to intake. Resolves when it is durable.
 * @throws headend.request_timed_out, headend.connection_closed, headend.queue_full; meter.refused, frame.* where the
 *   answers make no sense; what intake throws
 */
export async function readMeter(
  env: Pick<LinkEnv, 'ctx' | 'reports' | 'contacts'>,
  meter: ReachableMeter,
  priority: Priority,
  origin: LiveOrigin,
): Promise<MeterReading> {
  const said = await converse(meter, priority, meter.driver.read(meter.point));
  assert(said, 'a reading writes nothing, so nobody withdraws it');
  const receivedAt = env.ctx.clock.now();
  const { protocol } = meter.driver;
  const frame = concatBytes(...said.replies);
  await env.reports.add(meterReport(meter.device, said.value, { receivedAt, origin, frame, protocol }));
  meter.lastReportAt = receivedAt;
  noteClock(env, meter, said.value, receivedAt);
  return said.value;
}

/** Only an answer to a question tells how its clock stands now: what a meter sends by itself may have waited in it. */
function noteClock(
  { contacts }: Pick<LinkEnv, 'contacts'>,
  { device }: ReachableMeter,
  shown: MeterReading,
  at: Date,
): void {
  const driftS = clockDriftS(shown.clock, device.timeZone, at);
  if (driftS === null) return;
  contacts.note({ marketId: device.marketId, meterId: device.meterId, at, clockDriftS: driftS });
}
