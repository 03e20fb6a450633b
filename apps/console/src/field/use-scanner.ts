import { onScopeDispose, ref } from 'vue';

/** The part of the browser's own reader of bar codes that is used; not every browser has one. */
interface BarcodeReader {
  detect(source: ImageBitmapSource): Promise<readonly { readonly rawValue: string }[]>;
}
type BarcodeReaderClass = new (options?: { formats: readonly string[] }) => BarcodeReader;

const FORMATS = ['qr_code', 'code_128', 'code_39', 'ean_13', 'data_matrix'] as const;
const LOOK_EVERY_MS = 200;

const readerClass = (): BarcodeReaderClass | undefined =>
  (globalThis as { BarcodeDetector?: BarcodeReaderClass }).BarcodeDetector;

/** Whether this browser can read a label with its camera; elsewhere the number is typed. */
export const canScan = (): boolean => readerClass() !== undefined && 'mediaDevices' in navigator;

/** Looks through the camera until a label is read. */
export function useScanner(onRead: (text: string) => void) {
  const scanning = ref(false);
  const refused = ref(false);
  let stream: MediaStream | null = null;
  let timer: ReturnType<typeof setInterval> | undefined;
  /** Of the last start; a camera that opens after that one was stopped is let go. */
  let run = 0;

  function stop(): void {
    run += 1;
    clearInterval(timer);
    for (const track of stream?.getTracks() ?? []) track.stop();
    stream = null;
    scanning.value = false;
  }

  async function start(video: HTMLVideoElement): Promise<void> {
    const Reader = readerClass();
    if (!Reader) return;
    stop();
    const mine = run;
    refused.value = false;
    try {
      const opened = await navigator.mediaDevices.getUserMedia({ video: { facingMode: 'environment' } });
      if (mine !== run) {
        for (const track of opened.getTracks()) track.stop();
        return;
      }
      stream = opened;
      scanning.value = true;
      video.srcObject = opened;
      await video.play();
    } catch {
      if (mine !== run) return;
      stop();
      refused.value = true;
      return;
    }
    if (mine !== run) return;
    const reader = new Reader({ formats: FORMATS });
    timer = setInterval(async () => {
      const [label] = await reader.detect(video).catch(() => []);
      if (!label || !scanning.value) return;
      stop();
      onRead(label.rawValue);
    }, LOOK_EVERY_MS);
  }

  onScopeDispose(stop);
  return { scanning, refused, start, stop };
}
