import { computed, onScopeDispose, ref } from 'vue';
import { operator, send } from '../session.ts';

const EVERY_MS = 30 * 60_000;

/**
 * A wall stays signed in for as long as it is on, if whoever signed it in can change nothing: then a screen that nobody watches
 * over is worth no more than what it shows. Everybody else's session ends at its time.
 */
export function useKeptSession() {
  const isKept = computed(() => operator.value?.role === 'auditor');
  const failed = ref(false);
  async function keep(): Promise<void> {
    if (!isKept.value) return;
    try {
      await send('keepMySession', {});
      failed.value = false;
    } catch {
      failed.value = true;
    }
  }
  const timer = setInterval(keep, EVERY_MS);
  void keep();
  onScopeDispose(() => clearInterval(timer));
  return { isKept: computed(() => isKept.value && !failed.value) };
}
