import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type MeterKind, quantity } from '@openprepay/kernel';
import { expect, test } from 'vitest';
import { explainCharges, type HistoryReading } from './explain.ts';
import { dayEndsOf } from './explain-provisional.ts';
import { formatExplanation } from './explain-text.ts';
import { parseRule } from './rule.ts';

/*
 * The worked examples that the documents show, word by word; here beside the code, without the command and its files.
 */

interface PlanFile {
  readonly meter?: MeterKind;
  readonly timeZone?: string;
  readonly versions?: readonly { readonly validFrom: string; readonly rule: unknown }[];
}
interface ReadingLine {
  readonly readAt: string;
  readonly total?: number;
  readonly tariffs?: readonly (number | null)[];
  readonly meter?: 'next';
  readonly turn?: number;
  readonly truth?: boolean;
  readonly missing?: boolean;
}

const document = readFileSync(join(import.meta.dirname, '../../../../docs/worked-examples.md'), 'utf8');
const examples = document.split(/^## /m).flatMap((section) => {
  const block = (kind: string) => new RegExp(`^\`\`\`${kind}\\n(.*?)\\n?^\`\`\`$`, 'ms').exec(section)?.[1];
  const [plan, readings, text] = [block('json plan'), block('json readings'), block('text')];
  if (plan === undefined || readings === undefined || text === undefined) return [];
  return [{ title: section.split('\n')[0] ?? '', plan, readings, text }];
});

function explained(plan: PlanFile, lines: readonly ReadingLine[]) {
  const versions = (plan.versions ?? [{ validFrom: '2000-01-01T00:00:00Z', rule: plan }]).map((one, index) => ({
    planId: 'plan',
    version: index + 1,
    validFrom: new Date(one.validFrom),
    rule: parseRule(one.rule),
  }));
  const readings = lines.map(
    ({ readAt, total = 0, tariffs, meter, turn, truth, missing }): HistoryReading => ({
      readAt: new Date(readAt),
      total: quantity(total),
      tariffs: tariffs?.map((one) => (one === null ? null : BigInt(one))) ?? null,
      ...(meter === 'next' ? { isNextMeter: true } : {}),
      ...(turn === undefined ? {} : { turn: BigInt(turn) }),
      ...(truth ? { isTruth: true } : {}),
      ...(missing ? { isMissing: true } : {}),
    }),
  );
  return explainCharges(plan.meter ?? 'electricity', readings, versions, plan.timeZone ?? 'Asia/Shanghai');
}

test.each(examples)('“$title” is explained as the document shows it', ({ plan, readings, text }) => {
  expect(formatExplanation(explained(JSON.parse(plan), JSON.parse(readings)))).toBe(text);
});

const parts = (price: string) => [{ name: 'energy', price }];
const always = (rule: unknown): PlanFile => ({ versions: [{ validFrom: '2026-01-01T00:00:00Z', rule }] });
const flat = always({ kind: 'flat', parts: parts('0.5') });
const steps = always({
  kind: 'steps',
  period: 'month',
  steps: [{ upTo: 1_000, parts: parts('0.5') }, { parts: parts('0.8') }],
});
const at = (local: string) => `${local}+08:00`;
const read = (local: string, total: number, more: Partial<ReadingLine> = {}): ReadingLine => ({
  readAt: at(local),
  total,
  ...more,
});

test('what was charged too little is charged where the period stands, and the next reading goes on from the truth', () => {
  const explanation = explained(steps, [
    read('2026-03-01T00:00', 0),
    read('2026-03-01T01:00', 900),
    read('2026-03-01T01:00', 1_200, { truth: true }),
    read('2026-03-01T02:00', 1_500),
  ]);
  expect(explanation).toMatchObject({
    use: '1.500',
    total: '0.90',
    charges: [
      { charge: '0.45' },
      { corrects: { said: '0.900', truth: '1.200' }, use: '0.300', usedBefore: '0.900', charge: '0.21' },
      { from: { total: '1.200' }, use: '0.300', usedBefore: '1.200', charge: '0.24' },
    ],
  });
  const text = formatExplanation(explanation);
  expect(text).toContain('said 0.900, is 1.200: 1.200 − 0.900 = 0.300 kWh too little');
  expect(text).toContain('0.66 − 0.45 = 0.21 yuan more');
});

test('a truth of the month before is charged in that month, and the present one goes on untouched', () => {
  const { charges } = explained(steps, [
    read('2026-03-31T22:00', 0),
    read('2026-03-31T23:00', 900),
    read('2026-04-01T00:00', 1_000, { meter: 'next' }),
    read('2026-04-01T01:00', 1_200),
    read('2026-03-31T23:00', 1_100, { truth: true }),
    read('2026-04-01T02:00', 1_400),
  ]);
  expect(charges).toMatchObject([
    { billingPeriod: '2026-03' },
    { billingPeriod: '2026-04', usedBefore: '0.000' },
    { billingPeriod: '2026-03', usedBefore: '0.900', charge: '0.13' },
    { billingPeriod: '2026-04', usedBefore: '0.200', from: { total: '1.200' } },
  ]);
});

test('each turn of a register is shown where it came, the truth of a reading after it as the register shows it', () => {
  const turn = 10_000;
  const { charges } = explained(flat, [
    read('2026-03-01T00:00:30', 9_000),
    read('2026-03-01T01:00', 500, { turn }),
    read('2026-03-01T02:00', 400, { turn }),
    read('2026-03-01T02:00', 600, { truth: true }),
  ]);
  expect(charges).toMatchObject([
    { from: { readAt: '2026-03-01 00:00:30', total: '9.000' }, to: { total: '0.500' }, turn: '10.000', use: '1.500' },
    { from: { total: '0.500' }, to: { readAt: '2026-03-01 02:00', total: '0.400' }, turn: '10.000', use: '9.900' },
    { corrects: { readAt: '2026-03-01 02:00', said: '0.400', truth: '0.600' }, use: '0.200' },
  ]);
});

test('only the last reading of a meter has a truth', () => {
  const refused = (local: string) =>
    expect(() =>
      explained(flat, [
        read('2026-03-01T00:00', 0),
        read('2026-03-01T01:00', 900),
        read('2026-03-01T02:00', 1_000),
        read(local, 800, { truth: true }),
      ]),
    ).toThrow(
      expect.objectContaining({
        code: 'pricing.no_such_reading',
        message: `${new Date(at(local)).toISOString()} is not the last reading of a meter`,
      }),
    );
  for (const local of ['2026-03-01T01:00', '2026-03-01T01:30', '2026-03-01T00:00']) refused(local);
});

const day = (date: number, total: number) => read(`2026-03-${String(date).padStart(2, '0')}T00:00`, total);
const missing = (local: string): ReadingLine => ({ readAt: at(local), missing: true });

test('each outage takes back its own charges; one charge is taken back without a sum', () => {
  const { charges } = explained(flat, [
    ...[1, 2, 3].map((date) => day(date, date * 1_000)),
    missing('2026-03-03T12:00'),
    day(4, 4_200),
    missing('2026-03-04T06:00'),
    missing('2026-03-04T12:00'),
    day(5, 5_000),
  ]);
  const back = charges.filter((entry) => 'takesBack' in entry);
  expect(back.map(({ takesBack }) => takesBack.length)).toEqual([1, 2]);
  expect(back[0]).toEqual({ takesBack: ['0.25'], charge: '-0.25' });
  const text = formatExplanation({ kind: 'water', timeZone: 'UTC', charges: back.slice(0, 1), use: '0', total: '0' });
  expect(text).toMatch(/charge +0\.25 yuan back\n/);
});

test('without a valid day nothing is charged provisionally', () => {
  expect(() => explained(flat, [day(1, 0), read('2026-03-01T01:00', 10), missing('2026-03-09T00:00')])).toThrow(
    expect.objectContaining({
      code: 'pricing.no_such_reading',
      message: 'no valid day is known before 2026-03-08T16:00:00.000Z',
    }),
  );
});

test('the last reading of each whole day ends it, midnight among them, as far back as an average looks', () => {
  const value = ({ readAt, total = 0 }: ReadingLine) => ({ readAt: new Date(readAt), total: quantity(total) });
  const ends = (...lines: readonly ReadingLine[]) =>
    dayEndsOf(lines.map(value), 'Asia/Shanghai').map((end) => [end.day, end.total]);
  expect(ends()).toEqual([]);
  expect(
    ends(read('2026-03-01T10:00', 1), read('2026-03-01T20:00', 2), day(2, 3), read('2026-03-02T09:00', 4)),
  ).toEqual([['2026-03-01', 3n]]);
  const long = [read('2026-01-29T12:00', 1), read('2026-01-30T12:00', 2), read('2026-03-02T12:00', 3)];
  expect(ends(...long)).toEqual([['2026-01-30', 2n]]);
});
