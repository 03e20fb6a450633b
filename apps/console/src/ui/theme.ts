import { computed, onScopeDispose, ref, watchEffect } from 'vue';
import { recall, remember } from './memory.ts';

export type Theme = 'light' | 'dark';

const prefersDark = () => matchMedia('(prefers-color-scheme: dark)').matches;

const themes: readonly Theme[] = ['light', 'dark'];
const own = ref<Theme>(recall('theme', themes) ?? (prefersDark() ? 'dark' : 'light'));
/** A screen on a wall is dark, whatever the desk it was opened from is. */
const ofWall = ref<Theme>(recall('theme.wall', themes) ?? 'dark');
const isOnWall = ref(false);

export const theme = computed<Theme>(() => (isOnWall.value ? ofWall.value : own.value));

export function toggleTheme(): void {
  const next: Theme = theme.value === 'dark' ? 'light' : 'dark';
  (isOnWall.value ? ofWall : own).value = next;
  remember(isOnWall.value ? 'theme.wall' : 'theme', next);
}

/** As long as the calling component lives. */
export function useWallTheme(): void {
  isOnWall.value = true;
  onScopeDispose(() => {
    isOnWall.value = false;
  });
}

/** Element Plus and our own tokens both hang on the class `dark` of the document. Paper is white whatever the screen is. */
export function followTheme(): void {
  const onPaper = ref(false);
  addEventListener('beforeprint', () => {
    onPaper.value = true;
  });
  addEventListener('afterprint', () => {
    onPaper.value = false;
  });
  watchEffect(
    () => {
      const shown = onPaper.value ? 'light' : theme.value;
      document.documentElement.classList.toggle('dark', shown === 'dark');
      document.documentElement.style.colorScheme = shown;
    },
    { flush: 'sync' },
  );
}
