import { ref, watchEffect } from 'vue';
import { recall, remember } from './memory.ts';

export type Theme = 'light' | 'dark';

const prefersDark = () => matchMedia('(prefers-color-scheme: dark)').matches;

export const theme = ref<Theme>(recall('theme', ['light', 'dark']) ?? (prefersDark() ? 'dark' : 'light'));

export function toggleTheme(): void {
  theme.value = theme.value === 'dark' ? 'light' : 'dark';
  remember('theme', theme.value);
}

/** Element Plus and our own tokens both hang on the class `dark` of the document. */
export function followTheme(): void {
  watchEffect(() => {
    document.documentElement.classList.toggle('dark', theme.value === 'dark');
    document.documentElement.style.colorScheme = theme.value;
  });
}
