import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseRule } from '@openprepay/domain/pricing';
import { expect, test } from 'vitest';
import { emptyRule, fitsForm, formOf, rowsOf, ruleOf } from './rule-form.ts';

const DOCUMENT = readFileSync(join(import.meta.dirname, '../../../../docs/price-plan.md'), 'utf8');
const documented = [...DOCUMENT.matchAll(/^```json rule\n(.*?)^```$/gms)].map(([, json = '']) => JSON.parse(json));

test('every rule that the documentation shows goes through the form and is the same rule', () => {
  expect(documented.length).toBeGreaterThanOrEqual(6);
  for (const json of documented) {
    expect(fitsForm(json)).toBe(true);
    expect(parseRule(ruleOf(formOf(json)))).toEqual(parseRule(json));
  }
});

test('what a kind has no use for is still there when the kind is changed back', () => {
  for (const json of documented) {
    const form = formOf(json);
    const { kind } = form;
    for (const other of ['flat', 'tou', 'steps', 'steps_tou'] as const) {
      form.kind = other;
      ruleOf(form);
    }
    form.kind = kind;
    expect(parseRule(ruleOf(form))).toEqual(parseRule(json));
  }
});

test('a boundary that is no number is refused where it stands, and an empty price too', () => {
  const form = emptyRule();
  form.kind = 'steps';
  for (const step of form.steps) step.prices.all = ['0.5', ''];
  expect(parseRule(ruleOf(form))).toMatchObject({ steps: [{ upTo: 200_000n }, { upTo: null }] });
  const [first] = form.steps;
  if (first) first.upTo = 'many';
  expect(() => parseRule(ruleOf(form))).toThrow(expect.objectContaining({ details: { at: 'steps[0].upTo' } }));
  if (first) Object.assign(first, { upTo: '10', prices: { all: ['', ''] } });
  expect(() => parseRule(ruleOf(form))).toThrow(expect.objectContaining({ details: { at: 'steps[0].parts' } }));
});

test('a price is asked for each tariff that a day table uses', () => {
  expect(rowsOf({ ...emptyRule(), kind: 'tou' })).toEqual(['peak', 'flat', 'valley']);
  expect(rowsOf(emptyRule())).toEqual(['all']);
});

test('two parts of one name do not fit the form', () => {
  const part = { name: 'energy', price: '0.1' };
  expect(fitsForm({ kind: 'flat', parts: [part, part] })).toBe(false);
});
