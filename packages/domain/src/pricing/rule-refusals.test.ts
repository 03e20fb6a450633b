import { expect, test } from 'vitest';
import { allDay, calendar, dayOf, energy, flat, seasonsOf, steps, tou } from '../../test/rule-examples.ts';
import { dayTableOf } from './calendar.ts';
import { parseRule } from './rule.ts';

const BAD: readonly (readonly [what: string, json: unknown, code: string])[] = [
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
];

/** Where in the rule it is, and what is said of it. */
const SAYS: Readonly<Record<string, string>> = {
  nothing: ': a price rule is an object',
  'a list': ': a price rule is an object',
  'an unknown kind': 'kind: unknown kind of price rule: "free"',
  'no parts': 'parts: the flat price: a price has 1 to 12 parts',
  'a part without a name': 'parts[0].name: the flat price: a part needs a name of at most 40 characters',
  'a price as a number': 'parts[0].price: the flat price: the price of energy is not a decimal in quotes',
  'seven decimals': 'parts[0].price: the flat price: the price of energy has not at most six decimals: "0.8532001"',
  'an exponent': 'parts[0].price: the flat price: the price of energy has not at most six decimals: "1e3"',
  'a price below zero': 'parts: the flat price: the parts must add up to a price from 0 to 1,000 yuan',
  'a slip of the decimal point': 'parts: the flat price: the parts must add up to a price from 0 to 1,000 yuan',
  'more parts than are read': 'parts: the flat price: a price has 1 to 12 parts',
  'steps by the week': 'period: steps begin anew each month or year, not "week"',
  'a single step': 'steps: there are 2 to 12 steps',
  'boundaries that do not rise': 'steps[1].upTo: step 2 ends at 100, not above 100',
  'a boundary at zero': 'steps[0].upTo: step 1 ends at 0, not above 0',
  'half a Wh': 'steps[0].upTo: step 1 ends at a whole number of Wh or litres, not at 0.5',
  'an end of the last step': 'steps[1].upTo: step 2 is the last and has no boundary',
  'a step without a price': 'steps[0].parts: step 1: a price has 1 to 12 parts',
  'tariffs told by the weather': 'by: times of use are told by registers or intervals, not by "weather"',
  'a tariff without a price': 'prices.flat: times of use: the calendar uses flat, which has no price',
  'a price for an unknown tariff':
    'prices.noon: times of use: "noon" is none of sharp, peak, flat, valley, deep_valley',
  'no calendar': 'calendar.dayTables: a calendar has 1 to 32 day tables',
  'a day that begins late': 'calendar.dayTables.normal[0]: day table "normal": nothing holds just before 00:15',
  'a day that ends early': 'calendar.dayTables.normal: day table "normal": the last period does not end at 24:00',
  'a gap': 'calendar.dayTables.normal[1]: day table "normal": nothing holds just before 09:00',
  'an overlap': 'calendar.dayTables.normal[1]: day table "normal": two periods hold at 07:00',
  'a period of nothing':
    'calendar.dayTables.normal[0]: day table "normal": the period from 00:00 ends before it begins',
  'an unknown tariff':
    'calendar.dayTables.normal[0].tariff: day table "normal": "noon" is none of sharp, peak, flat, valley, deep_valley',
  'no such time':
    'calendar.dayTables.normal[0]: day table "normal": {"from":"00:00","to":"24:01","tariff":"f is not from HH:MM to HH:MM',
  'a day in no season': 'calendar.seasons: 02-29 is in no season',
  'a day in two seasons': 'calendar.seasons: 06-01 is in two seasons',
  'no such day': 'calendar.seasons[0]: {"from":"01-01","to":"12-32","weekday":" is not from MM-DD to MM-DD',
  'a season without its table': 'calendar.seasons[0].weekday: the season from 01-01 has no day table "normal"',
  'a special day of no year': 'calendar.specialDays.2026-02-30: "2026-02-30" is not a date YYYY-MM-DD',
  'a special day without its table': 'calendar.specialDays.2026-02-28: 2026-02-28 has no day table "x"',
  'a field that nothing reads': 'alowance: a flat price has no "alowance"',
  'a free week': 'allowance.per: the free allowance is {"quantity": …, "per": "month" or "year"}',
  'a free quantity as a number':
    'allowance.quantity: the free allowance is a decimal in quotes with at most three places, not 50',
  'a free half of a Wh':
    'allowance.quantity: the free allowance is a decimal in quotes with at most three places, not "0.0005"',
  'nothing free': 'allowance.quantity: the free allowance is above 0',
  'a free year beside monthly steps':
    'allowance.per: the free allowance and the steps begin anew each month, or there are no steps',
  'a standing charge by the hour': 'standing.perDay: the standing charge is {"perDay": …} with a decimal in quotes',
  'a standing charge of nothing': 'standing.perDay: the standing charge is above 0, at most 1,000 yuan a day',
  'a standing charge with seven decimals':
    'standing.perDay: the standing charge has not at most six decimals: "0.0000001"',
  'a slip in the standing charge': 'standing.perDay: the standing charge is above 0, at most 1,000 yuan a day',
};

test.each(BAD)('a rule that is %s is refused by name, and is told where and why', (what, json, name) => {
  const [at = '', ...message] = SAYS[what]?.split(': ') ?? [];
  expect(() => parseRule(json)).toThrow(
    expect.objectContaining({ code: `pricing.${name}`, details: { at }, message: message.join(': ') }),
  );
});

const many = <T>(count: number, one: (index: number) => T): T[] =>
  Array.from({ length: count }, (_, index) => one(index));
const clock = (minutes: number) =>
  `${String(Math.floor(minutes / 60)).padStart(2, '0')}:${String(minutes % 60).padStart(2, '0')}`;
const dateOf = (index: number) => new Date(Date.UTC(2026, 0, 1 + index)).toISOString().slice(0, 10);
const withPeriods = (count: number) => ({
  ...tou,
  calendar: dayOf(...many(count, (n) => [clock(n), n === count - 1 ? '24:00' : clock(n + 1), 'flat'] as const)),
});
const withTables = (count: number) => ({
  ...tou,
  calendar: {
    ...calendar,
    dayTables: Object.fromEntries(many(count, (n) => [n === 0 ? 'normal' : `table ${n}`, allDay])),
  },
});
/** The first days of January each, and the rest of the year. */
const withSeasons = (count: number) => ({
  ...tou,
  calendar: seasonsOf(
    ...many(count, (n) => {
      const day = `01-${String(n + 1).padStart(2, '0')}`;
      return [day, n === count - 1 ? '12-31' : day] as const;
    }),
  ),
});
const withSpecialDays = (count: number) => ({
  ...tou,
  calendar: { ...calendar, specialDays: Object.fromEntries(many(count, (n) => [dateOf(n), 'normal'])) },
});
const withSteps = (count: number) => ({
  ...steps,
  steps: many(count, (n) => ({ parts: energy('1'), ...(n < count - 1 ? { upTo: n + 1 } : {}) })),
});

test.each([
  ['periods of a day', 48, withPeriods],
  ['day tables', 32, withTables],
  ['seasons', 12, withSeasons],
  ['special days', 1_000, withSpecialDays],
  ['steps', 12, withSteps],
  ['parts of a price', 12, (count: number) => flat(many(count, () => energy('1')[0]))],
  ['letters of a part’s name', 40, (count: number) => flat([{ name: 'x'.repeat(count), price: '1' }])],
  ['yuan a unit', 1_000, (count: number) => flat(energy(String(count)))],
  ['yuan a day', 1_000, (count: number) => ({ ...flat(energy('1')), standing: { perDay: String(count) } })],
] as const)('so many %s are read and no more: %i', (_, most, ruleWith) => {
  expect(parseRule(ruleWith(most))).toMatchObject({ kind: expect.any(String) });
  expect(() => parseRule(ruleWith(most + 1))).toThrow(
    expect.objectContaining({ name: 'OpenPrepayError', status: 400 }),
  );
});

const period = (from: unknown, to: unknown) => ({
  ...tou,
  calendar: { ...calendar, dayTables: { normal: [{ from, to, tariff: 'flat' }] } },
});
const badPeriod = 'calendar.dayTables.normal[0]: day table "normal": ';
const noPeriods = 'calendar.dayTables.normal: day table "normal": it has 1 to 48 periods';
const noSeasons = 'calendar.seasons: a calendar has 1 to 12 seasons';
const noSpecialDays = 'calendar.specialDays: special days are dates with a table, at most 1000';
const noPart = 'parts[0].name: the flat price: a part needs a name of at most 40 characters';
const noPrice = 'prices: times of use: a price for each tariff is missing';
const perDay = 'standing.perDay: the standing charge ';
const withCalendar = (change: object) => ({ ...tou, calendar: { ...calendar, ...change } });
const table = (json: unknown) => withCalendar({ dayTables: { normal: json } });
const specialDay = (date: string) => withCalendar({ specialDays: { [date]: 'normal' } });
const standing = (json: unknown) => ({ ...flat(energy('1')), standing: json });
const allowance = (json: unknown) => ({ ...flat(energy('1')), allowance: json });
const MALFORMED: readonly (readonly [json: unknown, says: string])[] = [
  [{ ...tou, calendar: 'all day' }, 'calendar.dayTables: a calendar has 1 to 32 day tables'],
  [withCalendar({ dayTables: {} }), 'calendar.dayTables: a calendar has 1 to 32 day tables'],
  [withCalendar({ dayTables: [allDay] }), 'calendar.dayTables: a calendar has 1 to 32 day tables'],
  ...[[], {}, 'normal', null].map((json) => [table(json), noPeriods] as const),
  [table(['all day']), `${badPeriod}"all day" is not from HH:MM to HH:MM`],
  [period('00:00', null), `${badPeriod}{"from":"00:00","to":null,"tariff":"flat is not from HH:MM to HH:MM`],
  [period(null, '24:00'), `${badPeriod}{"from":null,"to":"24:00","tariff":"flat is not from HH:MM to HH:MM`],
  [period('0:00', '24:00'), `${badPeriod}{"from":"0:00","to":"24:00","tariff":"fl is not from HH:MM to HH:MM`],
  [period('x00:00', '24:00'), `${badPeriod}{"from":"x00:00","to":"24:00","tariff":" is not from HH:MM to HH:MM`],
  [period('00:00x', '24:00'), `${badPeriod}{"from":"00:00x","to":"24:00","tariff":" is not from HH:MM to HH:MM`],
  [period(['00:00'], '24:00'), `${badPeriod}{"from":["00:00"],"to":"24:00","tariff": is not from HH:MM to HH:MM`],
  [period('00:00', '07:60'), `${badPeriod}{"from":"00:00","to":"07:60","tariff":"f is not from HH:MM to HH:MM`],
  ...[[], {}, 'all year', null].map((seasons) => [withCalendar({ seasons }), noSeasons] as const),
  [withCalendar({ seasons: ['all year'] }), 'calendar.seasons[0]: "all year" is not from MM-DD to MM-DD'],
  [
    withCalendar({ seasons: [{ from: '1-01', to: '12-31', weekday: 'normal' }] }),
    'calendar.seasons[0]: {"from":"1-01","to":"12-31","weekday":"n is not from MM-DD to MM-DD',
  ],
  [
    withCalendar({ seasons: [{ from: '01-01', to: '12-31', weekday: 'normal', weekend: ['normal'] }] }),
    'calendar.seasons[0].weekend: the season from 01-01 has no day table ["normal"]',
  ],
  ...[null, [], 'never'].map((specialDays) => [withCalendar({ specialDays }), noSpecialDays] as const),
  ...['2026-2-28', 'x2026-02-28', '2026-02-28x', '2026-13-01'].map(
    (date) => [specialDay(date), `calendar.specialDays.${date}: "${date}" is not a date YYYY-MM-DD`] as const,
  ),
  [flat([{ name: 5, price: '1' }]), noPart],
  [flat([{ price: '1' }]), noPart],
  [flat([null]), noPart],
  [flat({ 0: energy('1')[0] }), 'parts: the flat price: a price has 1 to 12 parts'],
  [{ ...tou, prices: null }, noPrice],
  [{ ...tou, prices: [energy('1')] }, noPrice],
  [{ ...steps, steps: ['first', 'second'] }, 'steps[0]: step 1 is not an object'],
  [{ ...steps, steps: {} }, 'steps: there are 2 to 12 steps'],
  [
    { ...steps, steps: [{ upTo: '100', parts: energy('1') }, { parts: energy('2') }] },
    'steps[0].upTo: step 1 ends at a whole number of Wh or litres, not at "100"',
  ],
  [standing(null), `${perDay}is {"perDay": …} with a decimal in quotes`],
  [standing({ perDay: 1 }), `${perDay}is {"perDay": …} with a decimal in quotes`],
  [standing({ perDay: '1', perHour: '1' }), `${perDay}is {"perDay": …} with a decimal in quotes`],
  [allowance(null), 'allowance.per: the free allowance is {"quantity": …, "per": "month" or "year"}'],
  [
    allowance({ quantity: '50', per: 'month', from: 'May' }),
    'allowance.per: the free allowance is {"quantity": …, "per": "month" or "year"}',
  ],
];

test.each(MALFORMED)('what is malformed is told so, whatever it is instead: %j', (json, says) => {
  const [at = '', ...message] = says.split(': ');
  expect(() => parseRule(json)).toThrow(
    expect.objectContaining({ name: 'OpenPrepayError', details: { at }, message: message.join(': ') }),
  );
});

test('a calendar without a season for a date prices nothing on it', () => {
  expect(() => dayTableOf({ seasons: [], specialDays: new Map() }, '2026-03-01', 0)).toThrow(
    expect.objectContaining({ code: 'pricing.bad_seasons', message: '2026-03-01 is in no season' }),
  );
});
