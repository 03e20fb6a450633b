import { formatPrice } from '@openprepay/kernel';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { unitPrice } from './parts.ts';
import { parseRule } from './rule.ts';

const energy = (price: string) => [{ name: 'energy', price }];
const allDay = [{ from: '00:00', to: '24:00', tariff: 'flat' }];
const calendar = {
  dayTables: { normal: allDay },
  seasons: [{ from: '01-01', to: '12-31', weekday: 'normal' }],
};
const tou = { kind: 'tou', by: 'intervals', calendar, prices: { flat: energy('1') } };
const steps = { kind: 'steps', period: 'month', steps: [{ upTo: 100, parts: energy('1') }, { parts: energy('2') }] };
const dayOf = (...periods: readonly (readonly [string, string, string])[]) => ({
  ...calendar,
  dayTables: { normal: periods.map(([from, to, tariff]) => ({ from, to, tariff })) },
});
const seasonsOf = (...seasons: readonly (readonly [string, string])[]) => ({
  ...calendar,
  seasons: seasons.map(([from, to]) => ({ from, to, weekday: 'normal' })),
});

test('a price is the sum of its parts, rebates included, exact to six places', () => {
  const rule = parseRule({
    kind: 'flat',
    parts: [
      { name: 'energy', price: '0.612345' },
      { name: 'loss', price: '0.05' },
      { name: 'rebate', price: '-0.000001' },
    ],
  });
  expect(rule.kind === 'flat' && formatPrice(unitPrice(rule.price))).toBe('0.662344');
});

test('every kind is read, seasons over the end of the year and special days among it', () => {
  expect(parseRule(steps)).toMatchObject({ kind: 'steps', period: 'month', steps: [{ upTo: 100n }, { upTo: null }] });
  const winter = { ...seasonsOf(['11-01', '02-29'], ['03-01', '10-31']), specialDays: { '2028-02-29': 'normal' } };
  expect(parseRule({ ...tou, calendar: winter })).toMatchObject({ kind: 'tou', by: 'intervals' });
  const { by, calendar } = tou;
  const both = {
    by,
    calendar,
    kind: 'steps_tou',
    period: 'year',
    steps: [
      { upTo: 100, prices: tou.prices },
      { upTo: null, prices: tou.prices },
    ],
  };
  expect(parseRule(both)).toMatchObject({ kind: 'steps_tou', period: 'year', by: 'intervals' });
});

const flat = (parts: unknown) => ({ kind: 'flat', parts });
test.each([
  ['nothing', null, 'bad_rule'],
  ['a list', [], 'bad_rule'],
  ['an unknown kind', { kind: 'free', parts: energy('1') }, 'bad_rule'],
  ['no parts', flat([]), 'bad_rule'],
  ['a part without a name', flat([{ name: ' ', price: '1' }]), 'bad_rule'],
  ['a price as a number', flat([{ name: 'energy', price: 0.85 }]), 'bad_rule'],
  ['seven decimals', flat(energy('0.8532001')), 'bad_rule'],
  ['an exponent', flat(energy('1e3')), 'bad_rule'],
  ['a price below zero', flat(energy('-0.1')), 'bad_rule'],
  ['a slip of the decimal point', flat(energy('1000.000001')), 'bad_rule'],
  ['more parts than are read', flat(Array(13).fill({ name: 'energy', price: '0.1' })), 'bad_rule'],
  ['steps by the week', { ...steps, period: 'week' }, 'bad_steps'],
  ['a single step', { ...steps, steps: [{ parts: energy('1') }] }, 'bad_steps'],
  ['boundaries that do not rise', { ...steps, steps: [steps.steps[0], ...steps.steps] }, 'bad_steps'],
  ['a boundary at zero', { ...steps, steps: [{ upTo: 0, parts: energy('1') }, steps.steps[1]] }, 'bad_steps'],
  ['half a Wh', { ...steps, steps: [{ upTo: 0.5, parts: energy('1') }, steps.steps[1]] }, 'bad_steps'],
  ['an end of the last step', { ...steps, steps: [steps.steps[0], { upTo: 200, parts: energy('1') }] }, 'bad_steps'],
  ['a step without a price', { ...steps, steps: [{ upTo: 100 }, steps.steps[1]] }, 'bad_rule'],
  ['tariffs told by the weather', { ...tou, by: 'weather' }, 'bad_rule'],
  ['a tariff without a price', { ...tou, prices: { peak: energy('1') } }, 'bad_rule'],
  ['a price for an unknown tariff', { ...tou, prices: { ...tou.prices, noon: energy('1') } }, 'bad_rule'],
  ['no calendar', { ...tou, calendar: undefined }, 'bad_day_table'],
  ['a day that begins late', { ...tou, calendar: dayOf(['00:15', '24:00', 'flat']) }, 'bad_day_table'],
  ['a day that ends early', { ...tou, calendar: dayOf(['00:00', '23:59', 'flat']) }, 'bad_day_table'],
  ['a gap', { ...tou, calendar: dayOf(['00:00', '08:00', 'flat'], ['09:00', '24:00', 'flat']) }, 'bad_day_table'],
  ['an overlap', { ...tou, calendar: dayOf(['00:00', '08:00', 'flat'], ['07:00', '24:00', 'flat']) }, 'bad_day_table'],
  ['a period of nothing', { ...tou, calendar: dayOf(['00:00', '00:00', 'flat']) }, 'bad_day_table'],
  ['an unknown tariff', { ...tou, calendar: dayOf(['00:00', '24:00', 'noon']) }, 'bad_day_table'],
  ['no such time', { ...tou, calendar: dayOf(['00:00', '24:01', 'flat']) }, 'bad_day_table'],
  ['a day in no season', { ...tou, calendar: seasonsOf(['01-01', '02-28'], ['03-01', '12-31']) }, 'bad_seasons'],
  ['a day in two seasons', { ...tou, calendar: seasonsOf(['01-01', '06-01'], ['06-01', '12-31']) }, 'bad_seasons'],
  ['no such day', { ...tou, calendar: seasonsOf(['01-01', '12-32']) }, 'bad_seasons'],
  ['a season without its table', { ...tou, calendar: { ...calendar, dayTables: { other: allDay } } }, 'bad_seasons'],
  [
    'a special day of no year',
    { ...tou, calendar: { ...calendar, specialDays: { '2026-02-30': 'normal' } } },
    'bad_special_day',
  ],
  [
    'a special day without its table',
    { ...tou, calendar: { ...calendar, specialDays: { '2026-02-28': 'x' } } },
    'bad_special_day',
  ],
  ['a field that nothing reads', { ...flat(energy('1')), alowance: { quantity: '50', per: 'month' } }, 'bad_rule'],
  ['a free week', { ...flat(energy('1')), allowance: { quantity: '50', per: 'week' } }, 'bad_allowance'],
  ['a free quantity as a number', { ...flat(energy('1')), allowance: { quantity: 50, per: 'month' } }, 'bad_allowance'],
  ['a free half of a Wh', { ...flat(energy('1')), allowance: { quantity: '0.0005', per: 'month' } }, 'bad_allowance'],
  ['nothing free', { ...flat(energy('1')), allowance: { quantity: '0', per: 'month' } }, 'bad_allowance'],
  ['a free year beside monthly steps', { ...steps, allowance: { quantity: '50', per: 'year' } }, 'bad_allowance'],
  ['a standing charge by the hour', { ...tou, standing: { perHour: '1' } }, 'bad_standing'],
  ['a standing charge of nothing', { ...tou, standing: { perDay: '0' } }, 'bad_standing'],
  ['a standing charge with seven decimals', { ...tou, standing: { perDay: '0.0000001' } }, 'bad_standing'],
  ['a slip in the standing charge', { ...tou, standing: { perDay: '1000.01' } }, 'bad_standing'],
])('a rule that is %s is refused by name', (_, json, name) => {
  expect(() => parseRule(json)).toThrow(expect.objectContaining({ code: `pricing.${name}` }));
});

test.each([
  [
    { ...steps, steps: [steps.steps[0], { parts: [...energy('1'), { name: 'loss', price: '0.0000001' }] }] },
    'steps[1].parts[1].price',
  ],
  [{ ...steps, steps: [{ upTo: 0, parts: energy('1') }, steps.steps[1]] }, 'steps[0].upTo'],
  [{ ...tou, prices: { peak: energy('1') } }, 'prices.flat'],
  [{ ...tou, calendar: dayOf(['00:00', '08:00', 'flat'], ['09:00', '24:00', 'flat']) }, 'calendar.dayTables.normal[1]'],
  [
    { ...tou, calendar: { ...calendar, seasons: [{ from: '01-01', to: '12-31', weekday: 'x' }] } },
    'calendar.seasons[0].weekday',
  ],
  [{ ...tou, calendar: { ...calendar, specialDays: { '2026-02-28': 'x' } } }, 'calendar.specialDays.2026-02-28'],
])('an error says where in the rule it is', (json, at) => {
  expect(() => parseRule(json)).toThrow(expect.objectContaining({ details: { at } }));
});

test('free use is a first step at zero; the steps of the rule stay where they are, for they count all use', () => {
  const allowance = { quantity: '0.05', per: 'month' };
  const free = [{ name: 'allowance', price: 0n }];
  expect(parseRule({ ...steps, allowance })).toMatchObject({
    kind: 'steps',
    steps: [{ upTo: 50n, price: free }, { upTo: 100n }, { upTo: null }],
  });
  expect(parseRule({ ...steps, allowance: { ...allowance, quantity: '0.1' } })).toMatchObject({
    steps: [
      { upTo: 100n, price: free },
      { upTo: null, price: [{ price: 2_000_000n }] },
    ],
  });
  expect(parseRule({ ...tou, allowance, standing: { perDay: '0.5' } })).toMatchObject({
    kind: 'steps_tou',
    period: 'month',
    steps: [{ upTo: 50n, price: { flat: free } }, { upTo: null }],
    standingPerDay: 500_000n,
  });
});

test('any bytes of JSON are either a rule or refused by name', () => {
  const named = /^pricing\.bad_(rule|steps|day_table|seasons|special_day|allowance|standing)$/;
  const mangled = fc
    .tuple(fc.constantFrom(flat(energy('1')), steps, tou), fc.string(), fc.jsonValue())
    .map(([rule, key, value]) => ({ ...rule, [Object.keys(rule)[key.length % 4] ?? key]: value }));
  fc.assert(
    fc.property(fc.oneof(fc.jsonValue(), mangled), (json) => {
      try {
        expect(['flat', 'tou', 'steps', 'steps_tou']).toContain(parseRule(json).kind);
      } catch (error) {
        expect(error).toMatchObject({ code: expect.stringMatching(named) });
      }
    }),
    { numRuns: 20_000 },
  );
});
