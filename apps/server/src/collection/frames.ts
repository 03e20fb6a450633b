import { setImmediate } from 'node:timers/promises';
import type { CollectorFrame, FrameFilter } from '@openprepay/contract';
import { toHex } from '@openprepay/kernel';
import { describeStored } from '@openprepay/protocols/describe';
import { deskOf, type FrameQuery, type FrameRing, type TracedFrame } from '../headend/index.ts';
import type { Context } from '../platform/context.ts';
import type { Queryable } from '../platform/database.ts';
import type { EventStream } from '../platform/event-stream.ts';
import type { Page } from './lists.ts';
import { metersLike, metersNamed } from './meters.ts';

/** What a listener gets first, and at most at once. */
const FIRST_FRAMES = 100;
const MAX_AT_ONCE = 500;
const SEND_EVERY_MS = 250;
const WITHOUT_PAUSE = 200;

/** A page of the frames that fit, newest first, with how many there are. */
export async function framePage(
  db: Queryable,
  ring: FrameRing,
  marketId: string,
  filter: FrameFilter,
  { offset, limit }: Page,
): Promise<{ total: number; frames: CollectorFrame[] }> {
  const { total, frames } = ring.page(await queryOf(db, marketId, filter), offset, limit);
  return { total, frames: await viewsOf(db, marketId, frames) };
}

async function queryOf(db: Queryable, marketId: string, { search, ...filter }: FrameFilter): Promise<FrameQuery> {
  if (!search) return { ...filter, marketId };
  const meterIds = new Set(await metersLike(db, marketId, search));
  return { ...filter, marketId, like: { part: search.toLowerCase(), meterIds } };
}

/** Frames in words, with what their meters are called. */
export async function viewsOf(
  db: Queryable,
  marketId: string,
  frames: readonly TracedFrame[],
): Promise<CollectorFrame[]> {
  const meterIds = new Set(frames.flatMap((frame) => frame.meterId ?? []));
  const names = await metersNamed(db, marketId, [...meterIds]);
  const views: CollectorFrame[] = [];
  for (const frame of frames) {
    views.push(viewOf(frame, names.get(frame.meterId ?? '')?.meterSerial ?? null));
    // Thousands in one go would keep the lines waiting.
    if (views.length % WITHOUT_PAUSE === 0) await setImmediate();
  }
  return views;
}

/** A frame that was refused is told as such; one that passed and cannot be described has its bytes. */
function viewOf(frame: TracedFrame, meterSerial: string | null): CollectorFrame {
  const { bytes, description, refusal } = describeStored(frame.protocol, frame.bytes);
  return {
    seq: frame.seq,
    at: frame.at.toISOString(),
    link: frame.link,
    linkKey: frame.linkKey,
    meterId: frame.meterId,
    meterSerial,
    direction: frame.direction,
    protocol: frame.protocol,
    hex: toHex(bytes),
    description: description && { ...description, inner: [...description.inner] },
    error: frame.error ?? refusal,
  };
}

/**
 * Sends the newest frames and then those that pass, a few times a second, while the stream is open. Nothing is kept for a
 * listener but how far he has come: one who is slow is told that he missed some.
 */
export async function collectorFrameEvents(
  ctx: Context,
  marketId: string,
  filter: FrameFilter,
  stream: EventStream,
): Promise<void> {
  const ring = deskOf(ctx).frames;
  const query = await queryOf(ctx.db, marketId, filter);
  const send = async (frames: readonly TracedFrame[]) =>
    stream.send('frames', JSON.stringify(await viewsOf(ctx.db, marketId, frames)));

  let next = ring.next;
  await send(ring.latest(query, FIRST_FRAMES).reverse());
  let sending = false;
  const step = async () => {
    if (sending || !stream.isReady() || ring.next === next) return;
    sending = true;
    const { frames, missed } = ring.since(query, next, MAX_AT_ONCE);
    next = ring.next;
    try {
      if (missed) stream.send('missed', '{}');
      if (frames.length > 0) await send(frames);
    } catch (error) {
      ctx.log.warn({ err: error }, 'frames could not be shown; the next ones will be');
    }
    sending = false;
  };
  const timer = setInterval(() => void step(), SEND_EVERY_MS);
  stream.onClose(() => clearInterval(timer));
}
