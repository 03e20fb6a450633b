import type { DescribedValue, Description } from './description.ts';

const INDENT = '  ';

/** The description as indented text: the summary, then one field a line, then the frames inside. */
export function formatDescription(description: Description): string {
  return linesOf(description).join('\n');
}

function linesOf(description: Description): string[] {
  const { protocol, summary, inner, ...fields } = description;
  return [
    `${protocol}: ${summary}`,
    ...Object.entries(fields).flatMap(([name, value]) => `${INDENT}${wordsOf(name)}: ${textOf(value)}`),
    ...inner.flatMap((one) => linesOf(one).map((line) => INDENT + line)),
  ];
}

/** `purchaseCount` → "purchase count". */
const wordsOf = (name: string): string => name.replace(/([a-z])([A-Z0-9])/g, '$1 $2').toLowerCase();

function textOf(value: DescribedValue | readonly Description[] | undefined): string {
  if (value === null || value === undefined || value === '') return '–';
  if (value === true) return 'yes';
  if (value === false) return 'no';
  if (typeof value !== 'object') return String(value);
  if (Array.isArray(value)) return value.map(textOf).join(', ');
  const entries = Object.entries(value);
  if ('value' in value && 'unit' in value && entries.length === 2) return `${value['value']} ${value['unit']}`.trim();
  return entries.map(([name, inner]) => `${wordsOf(name)} ${textOf(inner)}`).join(', ');
}
