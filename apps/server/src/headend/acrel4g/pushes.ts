import type { Acrel4gSection } from '@openprepay/protocols/acrel4g';
import { decodeLiveBlock, type LiveBlock } from '@openprepay/protocols/acrel1352';
import { noteUnclaimed } from '../../devices/index.ts';
import { contactReport, electricityReport } from '../report.ts';
import type { Acrel4gLink } from './link.ts';
import type { ReachableMeter, Session } from './sessions.ts';

/** Unit, function and byte count stand before the registers. */
const HEADER_BYTES = 3;

/** Resolves when everything in a data message is durable, so that it may be acknowledged. */
export async function takePush(
  link: Acrel4gLink,
  session: Session,
  sections: readonly Acrel4gSection[],
  frame: Uint8Array,
  remote: string,
): Promise<void> {
  await Promise.all(sections.map((section) => takeSection(link, session, section, frame, remote)));
}

async function takeSection(
  link: Acrel4gLink,
  session: Session,
  section: Acrel4gSection,
  frame: Uint8Array,
  remote: string,
): Promise<void> {
  const { ctx, reports, stats } = link;
  const receivedAt = ctx.clock.now();
  const meter = meterOf(session, section);
  if (!meter) {
    const linkKey = `${session.serial}/${section.modbus[0] ?? section.address}`;
    stats.trouble('pushes_unknown_meter', { linkKey }, 'a push of a meter that is not registered behind this modem');
    return noteUnclaimed(ctx.db, receivedAt, 'acrel4g', linkKey, remote);
  }
  const { device } = meter;
  const block = tryLiveBlock(section.modbus.subarray(HEADER_BYTES));
  if (!block) {
    stats.trouble('pushes_undecodable', { meterId: device.meterId }, 'a push that is no live block; its frame is kept');
    return reports.add(contactReport(device, 'acrel4g', frame, receivedAt));
  }
  await reports.add(electricityReport(device, block, { receivedAt, origin: 'pushed', frame }));
  meter.lastReportAt = receivedAt;
}

const meterOf = (session: Session, section: Acrel4gSection): ReachableMeter | undefined =>
  session.meters.find((meter) => meter.unit === section.modbus[0]) ??
  session.meters.find((meter) => meter.device.busAddress === section.address);

function tryLiveBlock(data: Uint8Array): LiveBlock | null {
  try {
    return decodeLiveBlock(data);
  } catch {
    return null;
  }
}
