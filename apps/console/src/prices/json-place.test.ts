import fc from 'fast-check';
import { expect, test } from 'vitest';
import { lineOf, placeIn } from './json-place.ts';

const rule = {
  kind: 'steps',
  steps: [{ upTo: 5, parts: [{ name: 'a "[}" b', price: '1' }] }, { parts: [{ name: 'x', price: '2' }] }],
};
const text = JSON.stringify(rule, null, 2);

test('a place in a rule is found in its text', () => {
  expect(text.slice(placeIn(text, 'steps[1].parts[0].price') ?? 0)).toMatch(/^"2"/);
  expect(text.slice(placeIn(text, 'kind') ?? 0)).toMatch(/^"steps"/);
  expect(lineOf(text, placeIn(text, 'kind') ?? 0)).toBe(2);
});

test('where a place is missing, the nearest that is there is found', () => {
  expect(text.slice(placeIn(text, 'steps[0].parts[0].weight') ?? 0)).toMatch(/^\{\s+"name": "a/);
  expect(placeIn(text, 'nothing')).toBeNull();
});

test('any member of any document is found where it stands', () => {
  const key = fc.stringMatching(/^[a-z_-]{1,6}$/);
  fc.assert(
    fc.property(
      fc.dictionary(key, fc.jsonValue(), { minKeys: 1 }),
      fc.nat(),
      fc.constantFrom(0, 1, 2),
      (json, pick, indent) => {
        const keys = Object.keys(json);
        const name = keys[pick % keys.length] ?? '';
        const written = JSON.stringify(json, null, indent);
        const value = JSON.stringify(json[name], null, indent).split('\n')[0] ?? '';
        expect(written.slice(placeIn(written, name) ?? -1).startsWith(value)).toBe(true);
      },
    ),
  );
});
