import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { STALL_STATES } from '../stall-states.ts';

const css = readFileSync(join(import.meta.dirname, 'tokens.css'), 'utf8');
const AA_TEXT = 4.5;

type Tokens = ReadonlyMap<string, string>;

const declarations = (selector: string): [string, string][] => {
  const block = new RegExp(`(?:^|\\n)${selector} \\{([^}]*)\\}`).exec(css)?.[1] ?? '';
  return [...block.matchAll(/--([\w-]+): ([^;]+);/g)].map(([, name = '', value = '']) => [name, value]);
};

const light: Tokens = new Map(declarations(':root'));
const dark: Tokens = new Map([...light, ...declarations('\\.dark')]);

function colour(tokens: Tokens, name: string): number[] {
  const value = tokens.get(name) ?? '';
  const reference = /^var\(--([\w-]+)\)$/.exec(value)?.[1];
  if (reference) return colour(tokens, reference);
  const hex = /^#(\w{3}|\w{6})$/.exec(value)?.[1];
  if (!hex) throw new Error(`${name} is no plain colour: ${value}`);
  const digits = hex.length === 3 ? [...hex].map((digit) => digit + digit) : (hex.match(/../g) ?? []);
  return digits.map((pair) => Number.parseInt(pair, 16) / 255);
}

/** WCAG 2.2, relative luminance and contrast ratio. */
function contrast(tokens: Tokens, text: string, ground: string): number {
  const [lighter = 0, darker = 0] = [text, ground]
    .map((name) => {
      const [r = 0, g = 0, b = 0] = colour(tokens, name).map((c) =>
        c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4,
      );
      return 0.2126 * r + 0.7152 * g + 0.0722 * b;
    })
    .sort((a, b) => b - a);
  return (lighter + 0.05) / (darker + 0.05);
}

const pairs: [text: string, ground: string][] = [
  ...['ink', 'ink-muted'].flatMap((text) =>
    ['page', 'surface', 'surface-sunken', 'accent-soft'].map((ground): [string, string] => [text, ground]),
  ),
  ['accent', 'surface'],
  ['accent', 'accent-soft'],
  ['accent-ink', 'accent'],
  ...['good', 'warn', 'bad'].flatMap((tone): [string, string][] => [
    [tone, `${tone}-soft`],
    [tone, 'surface'],
    [tone, 'surface-sunken'],
  ]),
  ...STALL_STATES.flatMap((state): [string, string][] => [
    [`state-${state}`, `state-${state}-soft`],
    [`state-${state}`, 'surface'],
    ['ink-muted', `state-${state}-soft`],
  ]),
];

test.each([
  ['light', light],
  ['dark', dark],
])('text is readable on its ground in the %s theme', (_, tokens) => {
  const poor = pairs.map((pair) => ({ pair, ratio: contrast(tokens, ...pair) })).filter(({ ratio }) => ratio < AA_TEXT);
  expect(poor).toEqual([]);
});
