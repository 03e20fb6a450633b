import { ref, watchEffect } from 'vue';
import { recall, remember } from './memory.ts';

export type Theme = 'light' | 'dark';

const prefersDark = () => matchMedia('(prefers-color-scheme: dark)').matches;

export const theme = ref<Theme>(recall('theme', ['light', 'dark']) ?? (prefersDark() ? 'dark' : 'light'));

export function toggleTheme(): void {
  theme.value = theme.value === 'dark' ? 'light' : 'dark';
  remember('theme', theme.value);
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
