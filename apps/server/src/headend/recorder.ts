import type { Context } from '../platform/context.ts';
import { FrameRing } from './frame-ring.ts';
import { type LinkEventPace, startLinkEvents } from './link-events.ts';
import type { Trace } from './trace.ts';

export interface Recorder {
  /** What the links tell. */
  readonly trace: Trace;
  readonly frames: FrameRing;
  stop(): Promise<void>;
}

/** Remembers what passes on all links: the latest frames in memory, what happened in the database. */
export function startRecorder(ctx: Context, pace?: LinkEventPace): Recorder {
  const frames = new FrameRing();
  const events = startLinkEvents(ctx, pace);
  return {
    trace: {
      frame: (seen) => frames.add(seen, ctx.clock.now()),
      event: (seen) => events.note(seen),
    },
    frames,
    stop: () => events.stop(),
  };
}
