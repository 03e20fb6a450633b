import { afterEach, expect, test, vi } from 'vitest';
import { effectScope } from 'vue';
import { useScanner } from './use-scanner.ts';

afterEach(() => vi.unstubAllGlobals());

/** A camera that opens when the test says so, and tells which of its pictures still run. */
function camera() {
  const open = new Set<string>();
  const waiting: (() => void)[] = [];
  const getUserMedia = () =>
    new Promise((done) => {
      waiting.push(() => {
        const name = `stream ${open.size + 1}`;
        open.add(name);
        done({ getTracks: () => [{ stop: () => open.delete(name) }] });
      });
    });
  vi.stubGlobal('BarcodeDetector', class {});
  vi.stubGlobal('navigator', { mediaDevices: { getUserMedia } });
  return { open, waiting };
}
const video = { play: () => Promise.resolve() } as HTMLVideoElement;

test('a camera that opens after its page is gone, or after it was asked again, is let go', async () => {
  const { open, waiting } = camera();
  const scope = effectScope();
  const scanner = scope.run(() => useScanner(() => undefined));
  if (!scanner) throw new Error('no scope');
  const first = scanner.start(video);
  const second = scanner.start(video);
  for (const opens of waiting) opens();
  await Promise.all([first, second]);
  expect([open.size, scanner.scanning.value]).toEqual([1, true]);
  scanner.stop();
  const late = scanner.start(video);
  scope.stop();
  waiting.at(-1)?.();
  await late;
  expect([open.size, scanner.scanning.value]).toEqual([0, false]);
});
