import type { LinkEventName } from '@openprepay/contract';
import { isProtocolError } from '@openprepay/protocols';
import { type NbMessage, type NbPayload, nbCodecOf } from '@openprepay/protocols/nbcodec';
import type { WireFrame } from '../../commands/index.ts';
import { type Device, findDevices, noteUnclaimed, saveContacts } from '../../devices/index.ts';
import type { Context } from '../../platform/context.ts';
import { contactReport, MAX_KEPT_BYTES, meterReport } from '../report.ts';
import type { ReportQueue } from '../report-queue.ts';
import type { Stats } from '../stats.ts';
import type { FrameError, Trace } from '../trace.ts';
import { onPlatformAnswer, onSwitchReply, onSwitchReport } from './answers.ts';
import type { PlatformMessage } from './platform.ts';
import type { Product } from './products.ts';
import type { Recent } from './recent.ts';
import type { WakeTimes } from './wake.ts';

/** What every push needs. */
export interface NbDoor {
  readonly ctx: Context;
  readonly stats: Stats;
  readonly reports: ReportQueue;
  readonly trace: Trace;
  readonly recent: Recent;
  readonly wakes: WakeTimes;
}

interface Decoded {
  readonly messages: readonly NbMessage[];
  readonly protocol: string;
  readonly error: FrameError | null;
}

type Said<K extends PlatformMessage['said']['kind']> = Extract<PlatformMessage['said'], { kind: K }>;

/** One message, of one product, about the meters behind one device. */
interface Incoming<K extends PlatformMessage['said']['kind']> {
  readonly message: PlatformMessage;
  readonly said: Said<K>;
  readonly linkKey: string;
  readonly devices: readonly Device[];
}

/** Resolves when the message, and what follows from it, is durable. The same message again changes nothing. */
export async function acceptMessage(
  door: NbDoor,
  product: Product,
  message: PlatformMessage,
  remote: string,
): Promise<void> {
  const { ctx, recent, stats } = door;
  const key = `${product.platform} ${message.key}`;
  if (recent.has(key)) return stats.count('nb_pushes_repeated');
  const linkKey = `${message.productId}/${message.deviceId}`;
  const devices = await findDevices(ctx.db, 'nb', linkKey);
  if (devices.length === 0) {
    stats.count('nb_pushes_unclaimed');
    // Whether it is online may come under another name, and is nothing to claim a device by.
    if (message.said.kind === 'data') await noteUnclaimed(ctx.db, ctx.clock.now(), 'nb', linkKey, remote);
  } else {
    await acceptSaid(door, product, message, linkKey, devices);
  }
  recent.add(key);
  stats.count('nb_pushes_taken');
}

function acceptSaid(
  door: NbDoor,
  product: Product,
  message: PlatformMessage,
  linkKey: string,
  devices: readonly Device[],
): Promise<void> {
  const { said } = message;
  switch (said.kind) {
    case 'data':
      return acceptData(door, product, { message, said, linkKey, devices });
    case 'command':
      return acceptAnswer(door, { message, said, linkKey, devices });
    case 'online':
      noteEvent(door, linkKey, devices, said.online ? 'connected' : 'asleep', {});
      return acceptContact(door, devices, said.online, said.iccid);
    case 'event':
      noteEvent(door, linkKey, devices, 'device_event', { code: said.code, content: said.content });
      return acceptContact(door, devices, false, null);
  }
}

async function acceptAnswer({ ctx }: NbDoor, { said, devices }: Incoming<'command'>): Promise<void> {
  for (const device of devices) await onPlatformAnswer(ctx, device, said);
}

/** A sleeping meter leaves the network between reports: that it went says nothing, that it came does. */
async function acceptContact({ ctx }: NbDoor, devices: readonly Device[], isBack: boolean, iccid: string | null) {
  const at = ctx.clock.now();
  const contacts = devices.map(({ marketId, meterId }) => ({
    marketId,
    meterId,
    at,
    ...(isBack && { online: true }),
    ...(iccid !== null && { iccid }),
  }));
  await ctx.db.tx((tx) => saveContacts(tx, contacts));
}

async function acceptData(door: NbDoor, product: Product, incoming: Incoming<'data'>): Promise<void> {
  const { devices, said, message } = incoming;
  const { messages, protocol, error } = decoded(product.codec, said.payload);
  const understood = await Promise.all(
    messages.map(async (one) => {
      const device = meterOf(devices, one.address);
      const frame = { protocol, bytes: one.frame ?? bytesOf(said.payload) };
      if (device) await acceptOne(door, device, one, frame, message.at);
      return device !== undefined;
    }),
  );
  if (!understood.includes(true)) await keepUndecodable(door, incoming, error ?? 'other_address');
}

/** Kept as it came, so that nothing is lost while a person finds out what it is. */
async function keepUndecodable(door: NbDoor, incoming: Incoming<'data'>, error: FrameError): Promise<void> {
  const { said, linkKey, devices } = incoming;
  const { ctx, reports, trace } = door;
  const bytes = bytesOf(said.payload);
  noteUndecodable(door, linkKey, devices, error);
  const [device] = devices;
  if (!device || bytes.length === 0) return;
  const { marketId, meterId } = device;
  trace.frame({ direction: 'up', link: 'nb', linkKey, marketId, meterId, protocol: 'unknown', bytes, error });
  await reports.add(contactReport(device, 'unknown', bytes, ctx.clock.now()));
}

async function acceptOne(door: NbDoor, device: Device, said: NbMessage, frame: WireFrame, at: Date): Promise<void> {
  const { ctx, reports, trace, wakes } = door;
  const { marketId, meterId, linkKey } = device;
  trace.frame({ direction: 'up', link: 'nb', linkKey, marketId, meterId, ...frame, error: null });
  const receivedAt = ctx.clock.now();
  const { protocol, bytes } = frame;
  if (said.kind !== 'reading') {
    if (said.kind === 'other' && said.refused !== null) noteUndecodable(door, linkKey, [device], said.refused);
    await reports.add(contactReport(device, protocol, bytes, receivedAt));
    if (said.kind === 'valve_answer') await onSwitchReply(ctx, device, said.sequence, frame);
    return;
  }
  const source = { receivedAt, sentAt: at, origin: 'pushed', frame: bytes, protocol } as const;
  const report = meterReport(device, said.reading, source);
  await reports.add({ ...report, wakeExpectedAt: await wakes.expect(device, at) });
  const state = said.reading.switchState;
  if (state) await onSwitchReport(ctx, device, { readAt: report.reading?.readAt ?? at, state });
}

const meterOf = (devices: readonly Device[], address: string | null): Device | undefined =>
  address === null ? devices[0] : devices.find((device) => device.busAddress === address);

/** What the payload says by the product's codec; nothing, and why, where it says nothing, or there is no such codec. */
function decoded(codecName: string, payload: NbPayload): Decoded {
  try {
    const codec = nbCodecOf(codecName);
    return { messages: codec.decodeReport(payload), protocol: codec.protocol, error: null };
  } catch (error) {
    if (!isProtocolError(error)) throw error;
    return { messages: [], protocol: 'unknown', error: error.code };
  }
}

const bytesOf = (payload: NbPayload): Uint8Array =>
  (payload instanceof Uint8Array ? payload : new TextEncoder().encode(JSON.stringify(payload))).subarray(
    0,
    MAX_KEPT_BYTES,
  );

function noteUndecodable(door: NbDoor, linkKey: string, devices: readonly Device[], error: FrameError): void {
  door.stats.trouble('nb_payloads_undecodable', { linkKey, error }, 'a payload that says nothing of use; it is kept');
  noteEvent(door, linkKey, devices, 'payload_undecodable', { error });
}

function noteEvent(
  { trace }: NbDoor,
  linkKey: string,
  devices: readonly Device[],
  event: LinkEventName,
  detail: object,
) {
  for (const { marketId, meterId } of devices) {
    trace.event({ link: 'nb', linkKey, marketId, meterId, event, detail: { ...detail } });
  }
}
