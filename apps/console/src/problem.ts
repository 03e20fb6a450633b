import { CallError } from '@openprepay/contract/client';
import { i18n, text } from './locales/index.ts';

const UNREACHABLE = 'client.unreachable';

/** What went wrong, in words: by its code, or the code itself where the console has no words for it. */
export function problemText(error: unknown): string {
  return codeWords(error instanceof CallError ? error.problem.code : 'console.failed');
}

/** Words for the stable code of an error. */
export function codeWords(code: string): string {
  const key = `error.${code}`;
  return i18n.global.te(key) ? i18n.global.t(key) : text('error.other', { code });
}

/** No answer came: whether the request took effect is not known. */
export const isUnanswered = (error: unknown): boolean =>
  error instanceof CallError && error.problem.code === UNREACHABLE;
