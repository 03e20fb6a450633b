import { quantity } from '@openprepay/kernel';
import type { MeterReading } from '@openprepay/protocols/driver';
import { type Device, findDevices, noteUnclaimed, saveContacts } from '../../devices/index.ts';
import type { Context } from '../../platform/context.ts';
import { contactReport, readAtOf } from '../report.ts';
import type { ReportQueue } from '../report-queue.ts';
import type { Stats } from '../stats.ts';
import type { Trace } from '../trace.ts';
import { onPlatformAnswer, onSwitchReply, onSwitchReport } from './answers.ts';
import { codecOf, type NbCodec, type NbSaid } from './codec.ts';
import type { NbMessage } from './platform.ts';
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

/** What the table of frames takes. */
const MAX_KEPT_BYTES = 65_536;

type Said<K extends NbMessage['said']['kind']> = Extract<NbMessage['said'], { kind: K }>;

/** One message, of one product, about the meters behind one device. */
interface Incoming<K extends NbMessage['said']['kind']> {
  readonly message: NbMessage;
  readonly said: Said<K>;
  readonly linkKey: string;
  readonly devices: readonly Device[];
}

/** Resolves when the message, and what follows from it, is durable. The same message again changes nothing. */
export async function acceptMessage(door: NbDoor, product: Product, message: NbMessage, remote: string): Promise<void> {
  const { ctx, recent, stats } = door;
  const key = `${product.platform} ${message.key}`;
  if (recent.has(key)) return stats.count('nb_pushes_repeated');
  const linkKey = `${message.productId}/${message.deviceId}`;
  const devices = await findDevices(ctx.db, 'nb', linkKey);
  if (devices.length === 0) {
    stats.count('nb_pushes_unclaimed');
    await noteUnclaimed(ctx.db, ctx.clock.now(), 'nb', linkKey, remote);
  } else {
    await acceptSaid(door, product, message, linkKey, devices);
  }
  recent.add(key);
  stats.count('nb_pushes_taken');
}

function acceptSaid(
  door: NbDoor,
  product: Product,
  message: NbMessage,
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
  const codec = codecOf(product.codec);
  const everything = codec ? tryRead(codec, incoming.said) : [];
  const understood = await Promise.all(
    everything.map(async (one) => {
      const device = meterOf(incoming.devices, one.address);
      if (!device || !codec) return false;
      await acceptOne(door, codec, device, one, incoming.message.at);
      return true;
    }),
  );
  if (!understood.includes(true)) await keepUndecodable(door, incoming);
}

/** Kept as it came, so that nothing is lost while a person finds out what it is. */
async function keepUndecodable(door: NbDoor, incoming: Incoming<'data'>): Promise<void> {
  const { linkKey, devices } = incoming;
  const { payload, profile } = incoming.said;
  const { ctx, reports, stats } = door;
  const said = payload ?? new TextEncoder().encode(JSON.stringify(profile));
  const bytes = said.subarray(0, MAX_KEPT_BYTES);
  stats.trouble('nb_payloads_undecodable', { linkKey }, 'a payload that says nothing of its meter; it is kept');
  noteEvent(door, linkKey, devices, 'payload_undecodable', { bytes: bytes.length });
  const [device] = devices;
  if (device && bytes.length > 0) await reports.add(contactReport(device, 'unknown', bytes, ctx.clock.now()));
}

async function acceptOne(door: NbDoor, codec: NbCodec, device: Device, said: NbSaid, at: Date): Promise<void> {
  const { ctx, reports, trace, wakes } = door;
  const { protocol } = codec;
  const { marketId, meterId, linkKey } = device;
  trace.frame({ direction: 'up', link: 'nb', linkKey, marketId, meterId, protocol, bytes: said.bytes, error: null });
  const receivedAt = ctx.clock.now();
  if (said.reading) {
    const readAt = readAtOf(said.reading.clock, device.timeZone, at);
    await reports.add({
      ...contactReport(device, protocol, said.bytes, receivedAt),
      ...shown(device, said.reading, readAt),
      wakeExpectedAt: await wakes.expect(device, at),
    });
    const state = said.reading.switchState;
    if (state) await onSwitchReport(ctx, device, { readAt, state });
  } else {
    await reports.add(contactReport(device, protocol, said.bytes, receivedAt));
  }
  if (said.answers !== null) await onSwitchReply(ctx, device, said.answers, { protocol, bytes: said.bytes });
}

/** Registers are before CT, readings after. */
function shown(device: Device, { total, tariffs, switchState, batteryLow }: MeterReading, readAt: Date) {
  const ctRatio = BigInt(device.ctRatio);
  return {
    reading: {
      readAt,
      total: quantity(total * ctRatio),
      tariffs: tariffs?.map((value) => (value === null ? null : value * ctRatio)) ?? null,
      origin: 'pushed' as const,
    },
    switchState,
    ...(batteryLow !== null && { batteryLow }),
  };
}

const meterOf = (devices: readonly Device[], address: string | null): Device | undefined =>
  address === null ? devices[0] : devices.find((device) => device.busAddress === address);

/** The codec's own errors only say that it does not understand. */
function tryRead(codec: NbCodec, said: Said<'data'>): NbSaid[] {
  try {
    return codec.read(said);
  } catch {
    return [];
  }
}

function noteEvent({ trace }: NbDoor, linkKey: string, devices: readonly Device[], event: string, detail: object) {
  for (const { marketId, meterId } of devices) {
    trace.event({ link: 'nb', linkKey, marketId, meterId, event, detail: { ...detail } });
  }
}
