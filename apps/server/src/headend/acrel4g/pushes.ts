import { isProtocolError } from '@openprepay/protocols';
import type { Acrel4gSection } from '@openprepay/protocols/acrel4g';
import { type MeterReading, readingOfPush } from '@openprepay/protocols/driver';
import { noteUnclaimed } from '../../devices/index.ts';
import type { LinkEnv } from '../link.ts';
import type { ReachableMeter, Session } from '../reachable.ts';
import { contactReport, meterReport } from '../report.ts';

const PROTOCOL = 'acrel4g';
/** Unit, function and byte count stand before the registers. */
const HEADER_BYTES = 3;

/** Resolves when everything in a data message is durable, so that it may be acknowledged. */
export async function takePush(
  env: LinkEnv,
  session: Session,
  sections: readonly Acrel4gSection[],
  frame: Uint8Array,
  remote: string,
): Promise<void> {
  await Promise.all(sections.map((section) => takeSection(env, session, section, frame, remote)));
}

async function takeSection(
  env: LinkEnv,
  session: Session,
  section: Acrel4gSection,
  frame: Uint8Array,
  remote: string,
): Promise<void> {
  const { ctx, reports, stats } = env;
  const receivedAt = ctx.clock.now();
  const meter = meterOf(session, section);
  if (!meter) {
    const linkKey = `${session.linkKey}/${section.modbus[0] ?? section.address}`;
    stats.trouble('pushes_unknown_meter', { linkKey }, 'a push of a meter that is not registered behind this modem');
    return noteUnclaimed(ctx.db, receivedAt, 'acrel4g', linkKey, remote);
  }
  const { device } = meter;
  const reading = tryReading(meter, section.modbus.subarray(HEADER_BYTES));
  if (!reading) {
    stats.trouble(
      'pushes_undecodable',
      { meterId: device.meterId },
      'a push that its model cannot be; its frame is kept',
    );
    return reports.add(contactReport(device, PROTOCOL, frame, receivedAt));
  }
  await reports.add(meterReport(device, reading, { receivedAt, origin: 'pushed', frame, protocol: PROTOCOL }));
  meter.lastReportAt = receivedAt;
}

const meterOf = (session: Session, section: Acrel4gSection): ReachableMeter | undefined =>
  session.meters.find((meter) => Number(meter.point.address) === section.modbus[0]) ??
  session.meters.find((meter) => meter.device.busAddress === section.address);

function tryReading({ point }: ReachableMeter, registers: Uint8Array): MeterReading | null {
  try {
    return readingOfPush(point.model, registers);
  } catch (error) {
    if (!isProtocolError(error)) throw error;
    return null;
  }
}
