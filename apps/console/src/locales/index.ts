import { computed, watchEffect } from 'vue';
import { createI18n } from 'vue-i18n';
import { recall, remember } from '../ui/memory.ts';
import type { Messages } from './zh-CN.ts';

export type Locale = 'zh-CN' | 'en';

type Leaves<T, Prefix extends string = ''> = {
  [K in keyof T & string]: T[K] extends string ? `${Prefix}${K}` : Leaves<T[K], `${Prefix}${K}.`>;
}[keyof T & string];
/** The path of one message, as in `state.normal`; computed paths are checked too: `state.${stallState}`. */
export type MessageKey = Leaves<Messages>;

const DEFAULT_LOCALE: Locale = 'zh-CN';
/** A browser is given the words of one language; the other comes when it is asked for. */
const WORDS: Readonly<Record<Locale, () => Promise<Messages>>> = {
  'zh-CN': async () => (await import('./zh-CN.ts')).zhCN,
  en: async () => (await import('./en.ts')).en,
};
const first = recall('locale', ['zh-CN', 'en']) ?? DEFAULT_LOCALE;

export const i18n = createI18n<[Messages], Locale, false>({
  legacy: false,
  locale: first,
  messages: { [first]: await WORDS[first]() } as Record<Locale, Messages>,
});

export const locale = computed<Locale>(() => i18n.global.locale.value);

/** Speaks another language from now on, in this browser. */
export async function speak(chosen: Locale): Promise<void> {
  if (!i18n.global.availableLocales.includes(chosen)) i18n.global.setLocaleMessage(chosen, await WORDS[chosen]());
  i18n.global.locale.value = chosen;
  remember('locale', chosen);
}

/** Keeps the document's language and title with the chosen locale, so that Chinese gets Chinese glyphs. */
export function followLocale(): void {
  watchEffect(() => {
    document.documentElement.lang = locale.value;
    document.title = `OpenPrepay · ${text('app.title')}`;
  });
}

type Values = Readonly<Record<string, string | number>>;

/** Messages that take no values, as they were found: lists ask for the same few thousands of times. */
const found: Readonly<Record<Locale, Map<string, string>>> = { 'zh-CN': new Map(), en: new Map() };
function plain(key: string, orElse?: string): string {
  const known = found[locale.value];
  const before = known.get(key);
  if (before !== undefined) return before;
  const now = orElse === undefined || i18n.global.te(key) ? i18n.global.t(key) : orElse;
  known.set(key, now);
  return now;
}

/** A message in the chosen language. A value `n` also chooses between singular and plural. */
export function text(key: MessageKey, values?: Values): string {
  if (!values) return plain(key);
  const { t } = i18n.global;
  return typeof values['n'] === 'number' ? t(key, values, values['n']) : t(key, values);
}

/** All words below a group by code, `room.act` where they are deeper: what a spreadsheet is given for a column of codes. */
export function wordsOf(group: string): Record<string, string> {
  const words: Record<string, string> = {};
  const walk = (tree: unknown, prefix: string): void => {
    for (const [key, value] of Object.entries(tree ?? {})) {
      if (typeof value === 'string') words[prefix + key] = value;
      else walk(value, `${prefix}${key}.`);
    }
  };
  const messages: unknown = i18n.global.getLocaleMessage(locale.value);
  walk(
    group.split('.').reduce<unknown>((tree, key) => (tree as Record<string, unknown> | undefined)?.[key], messages),
    '',
  );
  return words;
}

/** Words for a code of an open list, which the server may extend: the message below `group`, or the code itself. */
export function codeText(
  group:
    | 'cause'
    | 'outcome'
    | 'readSkip'
    | 'readOutcome'
    | 'reason'
    | 'stallType'
    | 'suspect'
    | 'link'
    | 'linkEvent'
    | 'frameError'
    | 'commandState'
    | 'access'
    | 'detail'
    | 'detailValue'
    | 'importColumn'
    | 'whyFact'
    | 'role'
    | 'auditAction'
    | 'approvalKind'
    | 'approvalFact'
    | 'approvalValue'
    | 'tariffName'
    | 'partName'
    | 'platforms.codecs'
    | 'ledgerAccount',
  code: string,
): string {
  return plain(`${group}.${code}`, code);
}
