import {
  decodeMeterId,
  type GwMeter,
  type GwUp,
  readingOfGwMeter,
  renderXml,
  type XmlElement,
} from '@openprepay/protocols/acrelgw';
import { noteUnclaimed } from '../../devices/index.ts';
import type { LinkEnv } from '../link.ts';
import type { ReachableMeter, Session } from '../reachable.ts';
import { contactReport, meterReport } from '../report.ts';
import { splitBusAddress } from '../sessions.ts';

type Report = Extract<GwUp, { kind: 'report' }>;

/** What is kept of a report for each meter: its own part, in plain, as the gateway wrote it. */
const PROTOCOL = 'acrelgw_meter';
/** Meters of one report that nobody registered; a gateway that is set up wrongly names many. */
const MAX_UNKNOWN = 16;

/** Resolves when everything in a report is durable. */
export async function takeReport(env: LinkEnv, session: Session, report: Report, remote: string): Promise<void> {
  let unknown = 0;
  await Promise.all(
    report.meters.map((part) => {
      const meter = session.meters.find((one) => isPartOf(one, part));
      if (meter) return takePart(env, meter, part, report);
      unknown += 1;
      return unknown > MAX_UNKNOWN ? undefined : listUnknown(env, session, part, remote);
    }),
  );
}

async function takePart(env: LinkEnv, meter: ReachableMeter, part: GwMeter, { local }: Report): Promise<void> {
  const { ctx, reports, stats } = env;
  const { device } = meter;
  const receivedAt = ctx.clock.now();
  const verified = device.access['unverified'] === 'allowed';
  const { reading } = readingOfGwMeter(part, local, { verified });
  const bytes = new TextEncoder().encode(renderXml(elementOf(part)));
  if (!reading) {
    stats.trouble('pushes_undecodable', { meterId: device.meterId }, 'a gateway reports a meter without its register');
    return reports.add(contactReport(device, PROTOCOL, bytes, receivedAt));
  }
  await reports.add(meterReport(device, reading, { receivedAt, origin: 'pushed', frame: bytes, protocol: PROTOCOL }));
  meter.lastReportAt = receivedAt;
}

async function listUnknown({ ctx, stats }: LinkEnv, session: Session, { id }: GwMeter, remote: string): Promise<void> {
  const linkKey = `${session.linkKey}/${id}`;
  stats.trouble('pushes_unknown_meter', { linkKey }, 'a report of a meter that is not registered behind this gateway');
  await noteUnclaimed(ctx.db, ctx.clock.now(), 'acrelgw', linkKey, remote);
}

/** By the bus address as it was registered, or by port and address, which is how gateways number from the factory. */
function isPartOf({ device, point }: ReachableMeter, { id }: GwMeter): boolean {
  if (device.busAddress === id || point.address === id) return true;
  const numbered = decodeMeterId(id);
  if (!numbered || numbered.address !== Number(point.address)) return false;
  const { port } = splitBusAddress(device.busAddress);
  return port === '' || Number(port) === numbered.port;
}

const elementOf = ({ id, functions }: GwMeter): XmlElement => ({
  name: 'meter',
  attributes: new Map([['id', id]]),
  text: '',
  children: functions.map((one) => ({
    name: 'function',
    attributes: new Map([['id', one.id], ...(one.error === null ? [] : [['error', one.error] as const])]),
    text: one.value,
    children: [],
  })),
});
