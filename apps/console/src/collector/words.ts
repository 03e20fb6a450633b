import type { CollectorFrame } from '@openprepay/contract';
import { codeText, locale, text } from '../locales/index.ts';
import { inChinese } from './frame-words.ts';

/** `26 h`, `3 d 4 h`, `12 min`: how long, in two units at most. */
export function formatSpan(seconds: number): string {
  const minutes = Math.floor(Math.abs(seconds) / 60);
  const hours = Math.floor(minutes / 60);
  const days = Math.floor(hours / 24);
  if (days > 0) return text('collector.span.days', { days, hours: hours % 24 });
  if (hours > 0) return text('collector.span.hours', { hours, minutes: minutes % 60 });
  if (minutes > 0) return text('collector.span.minutes', { minutes });
  return text('collector.span.seconds', { seconds: Math.abs(seconds) });
}

/** A clock's drift with its direction: `+2 min` is ahead. */
export const formatDrift = (seconds: number): string =>
  `${seconds < 0 ? '−' : '+'}${Math.abs(seconds) < 60 ? text('collector.span.seconds', { seconds: Math.abs(seconds) }) : formatSpan(seconds)}`;

/** Hundredths of a percent; all of it only where nothing is missing. */
export const formatShare = (basisPoints: number): string =>
  basisPoints >= 10_000 ? '100 %' : `${Math.floor(basisPoints / 10) / 10} %`;

/** A frame's bytes in pairs, which the eye can follow. */
export const spacedHex = (hex: string): string => hex.toUpperCase().replace(/(..)(?!$)/g, '$1 ');

/** A line of a description in the language of the screen. */
const inWords = (line: string): string => (locale.value === 'zh-CN' ? inChinese(line) : line);

/** One line on what a frame says, or why it was refused. */
export const frameLine = ({ description, error }: CollectorFrame): string =>
  error === null ? inWords(description?.summary ?? '') : codeText('frameError', error);

export interface Field {
  readonly name: string;
  readonly value: string;
  readonly depth: number;
}

const UNTOLD = new Set(['protocol', 'summary', 'inner']);
const MAX_DEPTH = 6;

/** A frame's description as lines, field by field, and the frames that it carries below it. */
export function fieldsOf(description: unknown, depth = 0): Field[] {
  if (!isRecord(description) || depth > MAX_DEPTH) return [];
  const own = Object.entries(description).filter(([name]) => !UNTOLD.has(name));
  const inner = Array.isArray(description['inner']) ? description['inner'] : [];
  return [
    ...own.flatMap(([name, value]) => fieldLines(name, value, depth)),
    ...inner.flatMap((one: unknown) => [
      {
        name: isRecord(one) ? String(one['protocol']) : '',
        value: isRecord(one) ? inWords(String(one['summary'])) : '',
        depth,
      },
      ...fieldsOf(one, depth + 1),
    ]),
  ];
}

function fieldLines(name: string, value: unknown, depth: number): Field[] {
  const label = labelOf(name);
  if (isRecord(value) && !isMeasured(value)) {
    return [
      { name: label, value: '', depth },
      ...Object.entries(value).flatMap(([key, one]) => fieldLines(key, one, depth + 1)),
    ];
  }
  return [{ name: label, value: Array.isArray(value) ? value.map(wordOf).join(', ') : wordOf(value), depth }];
}

/** A phrase of the tables as it is; a name of a program's kind, `dataIdMeaning`, as words. */
const labelOf = (name: string): string =>
  inWords(
    / /.test(name)
      ? name
      : name
          .replaceAll('_', ' ')
          .replace(/(?<=[a-z])(?=[A-Z])/g, ' ')
          .toLowerCase(),
  );

/** A measured value with its unit. */
const isMeasured = (value: Record<string, unknown>): boolean => 'value' in value && 'unit' in value;

const wordOf = (value: unknown): string =>
  isRecord(value) && isMeasured(value)
    ? `${value['value']} ${value['unit']}`.trim()
    : value === null
      ? text('common.none')
      : typeof value === 'object'
        ? JSON.stringify(value)
        : inWords(String(value));

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
