import { ref, shallowRef } from 'vue';
import { locale } from '../locales/index.ts';
import { codeWords } from '../problem.ts';
import { base64Of, saveFile } from './files.ts';

export type SheetLanguage = 'zh' | 'en';

export interface ExcelFile {
  readonly fileName: string;
  readonly base64: string;
}

export interface ImportError {
  readonly row: number;
  readonly column: string | null;
  readonly code: string;
  readonly message: string;
}

export interface ImportResult {
  readonly created: number;
  readonly unchanged: number;
  readonly failed: number;
  readonly errors: readonly ImportError[];
  readonly failedRows: ExcelFile | null;
}

interface Import<R extends ImportResult> {
  readonly template: (language: SheetLanguage) => Promise<ExcelFile>;
  readonly bring: (file: ExcelFile & { readonly dryRun: boolean; readonly language: SheetLanguage }) => Promise<R>;
  readonly onDone?: () => void;
}

/** A file is chosen, what would come of each row is said, and only then are the good ones brought in. */
export function useImport<R extends ImportResult>({ template, bring, onDone }: Import<R>) {
  const busy = ref(false);
  const problem = shallowRef<unknown>(null);
  const file = shallowRef<ExcelFile | null>(null);
  const result = shallowRef<R | null>(null);
  /** The result is of rows that are in, not of rows that would be. */
  const isDone = ref(false);
  const language = (): SheetLanguage => (locale.value === 'en' ? 'en' : 'zh');

  async function attempt(act: () => Promise<unknown>): Promise<void> {
    busy.value = true;
    problem.value = null;
    try {
      await act();
    } catch (error) {
      problem.value = error;
    } finally {
      busy.value = false;
    }
  }
  const run = (dryRun: boolean) =>
    attempt(async () => {
      if (!file.value) return;
      result.value = await bring({ ...file.value, dryRun, language: language() });
      isDone.value = !dryRun;
      if (isDone.value) onDone?.();
    });
  async function choose(event: Event): Promise<void> {
    const [chosen] = (event.target as HTMLInputElement).files ?? [];
    result.value = null;
    isDone.value = false;
    file.value = null;
    if (!chosen) return;
    await attempt(async () => {
      file.value = { fileName: chosen.name, base64: await base64Of(chosen) };
    });
    await run(true);
  }
  return {
    busy,
    problem,
    result,
    isDone,
    choose,
    takeTemplate: () => attempt(async () => saveFile(await template(language()))),
    /** Says anew what would come of the file, as something else about it was chosen. */
    tryAgain: () => run(true),
    go: () => run(false),
  };
}

export const importErrorText = ({ message, code }: ImportError): string =>
  locale.value === 'en' ? message : codeWords(code);
