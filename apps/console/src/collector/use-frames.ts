import type { CollectorFrame } from '@openprepay/contract';
import { onScopeDispose, watch } from 'vue';

/** `collectorFramesPath` of the contract; a test holds the two together, so that no validator lands in the bundle. */
export const COLLECTOR_FRAMES_PATH = '/api/markets/:marketId/collector/frames/events';

/** Newest first, each frame once; what is later than the first of them comes before it. */
export function withNewer(
  shown: readonly CollectorFrame[],
  heard: readonly CollectorFrame[],
  most: number,
): CollectorFrame[] {
  const newest = shown[0]?.seq ?? -1;
  const newer = heard.filter(({ seq }) => seq > newest).toSorted((a, b) => b.seq - a.seq);
  return [...newer, ...shown].slice(0, most);
}

/** Frames as they go over the wire, while the calling component lives; another address begins anew. */
export function useFrames(
  address: () => string,
  on: { readonly begin: () => void; readonly frames: (frames: readonly CollectorFrame[]) => void },
  open: (url: string) => EventSource = (url) => new EventSource(url),
): void {
  let source: EventSource | null = null;
  const stop = () => source?.close();
  watch(
    address,
    (url) => {
      stop();
      on.begin();
      source = open(url);
      source.addEventListener('frames', ({ data }) => on.frames(JSON.parse(data as string) as CollectorFrame[]));
    },
    { immediate: true },
  );
  onScopeDispose(stop);
}
