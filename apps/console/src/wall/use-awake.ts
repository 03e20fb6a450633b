import { onScopeDispose, ref } from 'vue';

/** Keeps the screen from going dark, where the browser can; it lets go by itself whenever the page is out of sight. */
export function useAwake() {
  const isAwake = ref(false);
  let lock: WakeLockSentinel | null = null;
  let isOver = false;

  async function hold(): Promise<void> {
    if (document.visibilityState !== 'visible' || !('wakeLock' in navigator) || isOver) return;
    try {
      const got = await navigator.wakeLock.request('screen');
      if (isOver) return void got.release();
      lock = got;
      isAwake.value = true;
      got.addEventListener('release', () => {
        isAwake.value = false;
      });
    } catch {
      // A battery that runs low, or a rule of the house: the screen then sleeps when it likes.
    }
  }
  document.addEventListener('visibilitychange', hold);
  void hold();
  onScopeDispose(() => {
    isOver = true;
    document.removeEventListener('visibilitychange', hold);
    void lock?.release();
  });
  return { isAwake };
}
