import {
  type Cjt188Frame,
  CONTROL,
  createCjt188Stream,
  DATA_ID,
  decodeReadReply,
  type Metering,
} from '@openprepay/protocols/cjt188';
import { type CtwingPush, dedupeKey } from '@openprepay/protocols/ctwing';
import { type Device, findDevices, noteUnclaimed, saveContacts } from '../../devices/index.ts';
import type { Context } from '../../platform/context.ts';
import { contactReport, waterReport } from '../report.ts';
import type { ReportQueue } from '../report-queue.ts';
import type { Stats } from '../stats.ts';
import { onPlatformAnswer, onValveReply, onValveReport } from './answers.ts';
import type { Recent } from './recent.ts';
import type { WakeTimes } from './wake.ts';

export interface CtwingDoor {
  readonly ctx: Context;
  readonly stats: Stats;
  readonly reports: ReportQueue;
  readonly recent: Recent;
  readonly wakes: WakeTimes;
}

type Data = Extract<CtwingPush, { kind: 'data' }>;

/** Resolves when the push, and what follows from it, is durable. The same push again changes nothing. */
export async function acceptPush(door: CtwingDoor, push: CtwingPush, remote: string): Promise<void> {
  const { ctx, recent, stats } = door;
  const key = dedupeKey(push);
  if (recent.has(key)) return stats.count('nb_pushes_repeated');
  const linkKey = `${push.productId}/${push.deviceId}`;
  const devices = await findDevices(ctx.db, 'nb', linkKey);
  if (devices.length === 0) {
    stats.count('nb_pushes_unclaimed');
    await noteUnclaimed(ctx.db, ctx.clock.now(), 'nb', linkKey, remote);
  }
  if (push.kind === 'data') await acceptData(door, push, devices);
  else for (const device of devices) await acceptOther(door, push, device);
  recent.add(key);
  stats.count('nb_pushes_taken');
}

async function acceptOther(door: CtwingDoor, push: Exclude<CtwingPush, Data>, device: Device): Promise<void> {
  const { ctx } = door;
  if (push.kind === 'command_response') return onPlatformAnswer(ctx, device, push);
  // A sleeping meter leaves the network between reports: that it went says nothing, that it came does.
  const { marketId, meterId } = device;
  const contact = { marketId, meterId, at: ctx.clock.now() };
  const isBack = push.kind === 'online' && push.online;
  await ctx.db.tx((tx) => saveContacts(tx, [isBack ? { ...contact, online: true } : contact]));
}

async function acceptData(door: CtwingDoor, push: Data, devices: readonly Device[]): Promise<void> {
  if (devices.length === 0) return;
  const frames = push.payload ? createCjt188Stream().push(push.payload) : [];
  const understood = await Promise.all(
    frames.map(({ message, frame }) => {
      const device = devices.find((one) => one.busAddress === message.address);
      return device ? acceptFrame(door, push, device, message, frame) : false;
    }),
  );
  if (understood.includes(true)) return;
  const [device] = devices;
  door.stats.trouble(
    'nb_payloads_undecodable',
    { meterId: device?.meterId },
    'a payload that is no frame of its meter',
  );
  if (device && push.payload && push.payload.length > 0) {
    await door.reports.add(contactReport(device, 'unknown', push.payload, door.ctx.clock.now()));
  }
}

/** @returns whether the frame says something that is understood */
async function acceptFrame(
  door: CtwingDoor,
  push: Data,
  device: Device,
  message: Cjt188Frame,
  payload: Uint8Array,
): Promise<boolean> {
  const { ctx, reports, wakes } = door;
  const receivedAt = ctx.clock.now();
  const metering = tryMetering(message);
  if (metering) {
    const wakeExpectedAt = await wakes.expect(device, push.at);
    const report = waterReport(device, metering, { receivedAt, sentAt: push.at, payload }, wakeExpectedAt);
    await reports.add(report);
    const readAt = report.reading?.readAt ?? push.at;
    await onValveReport(ctx, device, { readAt, valve: metering.valve });
    return true;
  }
  await reports.add(contactReport(device, 'cjt188', payload, receivedAt));
  if (message.control === (CONTROL.write | CONTROL.reply) && message.dataId === DATA_ID.valve) {
    await onValveReply(ctx, device, message.series, payload);
  }
  return true;
}

function tryMetering(message: Cjt188Frame): Metering | null {
  try {
    return decodeReadReply(message);
  } catch {
    return null;
  }
}
