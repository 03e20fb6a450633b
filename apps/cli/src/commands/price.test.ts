import { execFile } from 'node:child_process';
import { mkdtemp, readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { explainCharges, formatExplanation, parseRule } from '@openprepay/domain';
import { expect, test } from 'vitest';
import { parsePlanFile, parseReadingsFile } from '../price-files.ts';

const COMMAND = join(import.meta.dirname, '../../bin/openprepay.mjs');
const DOCUMENT = join(import.meta.dirname, '../../../../docs/worked-examples.md');
const PLANS = join(import.meta.dirname, '../../../../docs/price-plan.md');
const folder = await mkdtemp(join(tmpdir(), 'openprepay-price-'));

interface Example {
  readonly title: string;
  readonly plan: string;
  readonly readings: string;
  readonly text: string;
}

/** The sections of the document that have a plan, readings and the arithmetic. */
const examples = (await readFile(DOCUMENT, 'utf8')).split(/^## /m).flatMap((section): Example[] => {
  const block = (kind: string) => new RegExp(`^\`\`\`${kind}\\n(.*?)\\n?^\`\`\`$`, 'ms').exec(section)?.[1];
  const [plan, readings, text] = [block('json plan'), block('json readings'), block('text')];
  if (plan === undefined || readings === undefined || text === undefined) return [];
  return [{ title: section.split('\n')[0] ?? '', plan, readings, text }];
});

const run = (...args: string[]) =>
  new Promise<{ code: number; out: string; err: string }>((done) => {
    execFile(process.execPath, [COMMAND, 'price', 'explain', ...args], (error, out, err) => {
      done({ code: typeof error?.code === 'number' ? error.code : error ? -1 : 0, out, err });
    });
  });

async function file(name: string, text: string): Promise<string> {
  const path = join(folder, name);
  await writeFile(path, text);
  return path;
}

test('every rule that the description of price plans shows is one', async () => {
  const rules = (await readFile(PLANS, 'utf8')).matchAll(/^```json rule\n(.*?)^```$/gms);
  const kinds = [...rules].map(([, json = '']) => parseRule(JSON.parse(json)).kind);
  // The last two: a flat price with an allowance, which is steps, and one with a standing charge.
  expect(kinds).toEqual(['flat', 'tou', 'steps', 'steps_tou', 'steps', 'flat']);
});

test('the document has an example of every kind', () => {
  const kinds = examples.map(({ plan }) => /"kind": "(\w+)"/.exec(plan)?.[1]);
  expect(examples.length).toBeGreaterThanOrEqual(14);
  expect(new Set(kinds)).toEqual(new Set(['flat', 'tou', 'steps', 'steps_tou']));
});

test.each(examples)('what the document says of “$title” is what is charged', ({ plan, readings, text }) => {
  const { kind, timeZone, versions } = parsePlanFile(JSON.parse(plan));
  const explanation = explainCharges(kind, parseReadingsFile(JSON.parse(readings)), versions, timeZone);
  expect(text).toBe(formatExplanation(explanation));
});

test.each(examples)('the arithmetic of “$title” is right on a calculator', ({ text }) => {
  const sums = text.match(/[\d.]+(?: [×+−] (?:\(.*?\)|[\d.]+))+ = [\d.]+/g) ?? [];
  expect(sums.length).toBeGreaterThan(2);
  for (const sum of sums) {
    const [left = '', right = ''] = sum.replace(/\(.* = ([\d.]+)\)/, '$1').split(' = ');
    expect([sum, calculated(left)]).toEqual([sum, units(right)]);
  }
});

const SCALE = 12;
/** A decimal in 10⁻¹². */
const units = (text: string) => {
  const [whole = '', fraction = ''] = text.split('.');
  return BigInt(whole + fraction.padEnd(SCALE, '0'));
};

/** Either one product, or sums and differences. */
function calculated(text: string): bigint {
  const [first = '', ...rest] = text.split(' ');
  if (rest[0] === '×') return (units(first) * units(rest[1] ?? '')) / 10n ** BigInt(SCALE);
  return rest.reduce((sum, word, index) => {
    if (index % 2 === 0) return sum;
    return rest[index - 1] === '−' ? sum - units(word) : sum + units(word);
  }, units(first));
}

const PLAN = '{"kind":"flat","parts":[{"name":"energy","price":"0.5"}]}';
const READINGS =
  '[{"readAt":"2026-03-01T00:00:00Z","total":0},{"readAt":"2026-03-01T01:00:00Z","total":1500,"tariffs":null}]';

test('readings are explained as text and, with --json, as one object', async () => {
  const files = [await file('plan.json', PLAN), await file('readings.json', READINGS)];
  const text = await run(...files);
  expect(text).toMatchObject({ code: 0, out: expect.stringContaining('1.500 × 0.50 = 0.75') });
  const json = await run(...files, '--json');
  expect(json.code).toBe(0);
  expect(JSON.parse(json.out)).toMatchObject({
    total: '0.75',
    charges: [{ charge: '0.75', uses: [{ use: '1.500' }] }],
  });
});

test.each([
  ['not JSON', '{', READINGS, 'price.bad_json'],
  ['no plan', '[]', READINGS, 'price.bad_plan_file'],
  ['no versions', '{"versions":[]}', READINGS, 'price.bad_plan_file'],
  ['a version of no time', `{"versions":[{"validFrom":"2026-03-01","rule":${PLAN}}]}`, READINGS, 'price.bad_plan_file'],
  ['no such zone', `{"timeZone":"Mars","versions":[]}`, READINGS, 'price.bad_plan_file'],
  ['a meter of heat', `{"meter":"heat","versions":[]}`, READINGS, 'price.bad_plan_file'],
  ['a rule that is none', '{"kind":"free"}', READINGS, 'pricing.bad_rule'],
  [
    'a price too late',
    `{"versions":[{"validFrom":"2027-01-01T00:00:00Z","rule":${PLAN}}]}`,
    READINGS,
    'pricing.no_version',
  ],
  ['one reading', PLAN, '[{"readAt":"2026-03-01T00:00:00Z","total":0}]', 'price.bad_readings_file'],
  ['a reading of no time', PLAN, READINGS.replace('2026-03-01T00:00:00Z', 'today'), 'price.bad_readings_file'],
  ['a reading of half a Wh', PLAN, READINGS.replace('1500', '1500.5'), 'price.bad_readings_file'],
  ['readings that fall', PLAN, READINGS.replace('"total":0', '"total":2000'), 'price.bad_readings_file'],
  ['a turn of half a Wh', PLAN, READINGS.replace('1500', '1500,"turn":0.5'), 'price.bad_readings_file'],
  ['a meter that is none', PLAN, READINGS.replace('1500', '1500,"meter":"old"'), 'price.bad_readings_file'],
  [
    'the truth of no reading',
    PLAN,
    READINGS.replace(']', ',{"readAt":"2026-03-01T00:30:00Z","total":1,"truth":true}]'),
    'pricing.no_such_reading',
  ],
  [
    'a missed reading before the one before it',
    PLAN,
    READINGS.replace(']', ',{"readAt":"2026-03-01T00:30:00Z","missing":true}]'),
    'price.bad_readings_file',
  ],
  [
    'no valid day to take an average of',
    PLAN,
    READINGS.replace(']', ',{"readAt":"2026-03-09T00:30:00Z","missing":true}]'),
    'pricing.no_such_reading',
  ],
  ['two registers', PLAN, READINGS.replace('null', '[1,2]'), 'price.bad_readings_file'],
])('%s is exit code 1 and its name', async (_, plan, readings, code) => {
  const result = await run(await file('bad-plan.json', plan), await file('bad-readings.json', readings), '--json');
  expect([result.code, JSON.parse(result.out).error.code]).toEqual([1, code]);
});

test('the command says how it is used', async () => {
  expect(await run('--help')).toMatchObject({
    code: 0,
    out: expect.stringContaining('Usage: openprepay price explain'),
  });
});

test('a file that is not there is exit code 3, a missing argument exit code 2', async () => {
  expect((await run(join(folder, 'none.json'), join(folder, 'none.json'))).code).toBe(3);
  expect((await run(join(folder, 'none.json'))).code).toBe(2);
});
