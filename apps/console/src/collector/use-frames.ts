import type { CollectorFrame } from '@openprepay/contract';
import { onScopeDispose, ref, shallowRef, watch } from 'vue';

/** `collectorFramesPath` of the contract; a test holds the two together, so that no validator lands in the bundle. */
export const COLLECTOR_FRAMES_PATH = '/api/markets/:marketId/collector/frames/events';
/** As many as a person can look through; older ones go. */
export const MAX_SHOWN = 300;

/** Newest first, each frame once, and no more than can be looked through. */
export function mergeFrames(
  shown: readonly CollectorFrame[],
  more: readonly CollectorFrame[],
): readonly CollectorFrame[] {
  const bySeq = new Map([...shown, ...more].map((frame) => [frame.seq, frame]));
  return [...bySeq.values()].sort((a, b) => b.seq - a.seq).slice(0, MAX_SHOWN);
}

/**
 * Frames as they go over the wire: the latest of the past, then live. While held, they wait uncounted for nobody: the list
 * stands still, and what came meanwhile is asked for when it goes on.
 */
export function useFrames(
  address: () => string,
  past: () => Promise<readonly CollectorFrame[]>,
  open: (url: string) => EventSource = (url) => new EventSource(url),
) {
  const frames = shallowRef<readonly CollectorFrame[] | null>(null);
  const problem = shallowRef<unknown>(null);
  const held = ref(false);
  let source: EventSource | null = null;

  const stop = () => {
    source?.close();
    source = null;
  };
  async function start(): Promise<void> {
    stop();
    const url = address();
    const stream = open(url);
    source = stream;
    stream.addEventListener('frames', (event) => {
      if (held.value) return;
      frames.value = mergeFrames(frames.value ?? [], JSON.parse(event.data as string) as CollectorFrame[]);
    });
    try {
      const before = await past();
      if (url !== address()) return;
      frames.value = mergeFrames(frames.value ?? [], before);
      problem.value = null;
    } catch (error) {
      problem.value = error;
    }
  }

  watch(
    address,
    () => {
      frames.value = null;
      void start();
    },
    { immediate: true },
  );
  watch(held, (now) => {
    if (!now) void start();
  });
  onScopeDispose(stop);
  return { frames, problem, held, retry: () => void start() };
}
