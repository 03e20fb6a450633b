import { TARIFFS, type Tariff } from '@openprepay/domain/pricing';
import { formatDecimal, parseDecimal } from '@openprepay/kernel';

/*
 * A price rule as a form holds it: texts as they are typed, and what a kind has no use for kept, so that it is still there when the
 * kind is changed back. What is wrong in it is said by parseRule, which reads what ruleOf gives.
 */

export const RULE_KINDS = ['flat', 'tou', 'steps', 'steps_tou'] as const;
export type RuleKind = (typeof RULE_KINDS)[number];
/** `all` where a price has no times of use. */
export type Row = 'all' | Tariff;

export interface StepForm {
  /** kWh or m³; of the last step it is not asked. */
  upTo: string;
  /** A price a column, for each row that the kind has. */
  prices: Partial<Record<Row, string[]>>;
}

export interface PeriodForm {
  fromMinute: number;
  tariff: Tariff;
}

export interface DayTableForm {
  name: string;
  /** In order; the first begins at 0, each goes on to the next. */
  periods: PeriodForm[];
}

export interface SeasonForm {
  from: string;
  to: string;
  weekday: string;
  weekend: string;
}

export interface RuleForm {
  kind: RuleKind;
  period: 'month' | 'year';
  by: 'registers' | 'intervals';
  /** The names of the parts, one a column. */
  columns: string[];
  /** The first alone where the kind has no steps. */
  steps: StepForm[];
  tables: DayTableForm[];
  seasons: SeasonForm[];
  specialDays: { date: string; table: string }[];
  allowance: string;
  allowancePer: 'month' | 'year';
  standing: string;
}

export const hasSteps = ({ kind }: Pick<RuleForm, 'kind'>) => kind === 'steps' || kind === 'steps_tou';
export const hasTimes = ({ kind }: Pick<RuleForm, 'kind'>) => kind === 'tou' || kind === 'steps_tou';

export const emptyRule = (): RuleForm => ({
  kind: 'flat',
  period: 'month',
  by: 'intervals',
  columns: ['energy', 'loss'],
  steps: [
    { upTo: '200', prices: {} },
    { upTo: '', prices: {} },
  ],
  tables: [
    {
      name: 'day',
      periods: [
        { fromMinute: 0, tariff: 'valley' },
        { fromMinute: 480, tariff: 'peak' },
        { fromMinute: 720, tariff: 'flat' },
        { fromMinute: 1_020, tariff: 'peak' },
        { fromMinute: 1_320, tariff: 'flat' },
      ],
    },
  ],
  seasons: [{ from: '01-01', to: '12-31', weekday: 'day', weekend: '' }],
  specialDays: [],
  allowance: '',
  allowancePer: 'month',
  standing: '',
});

/** The rows of a step's prices: every tariff that a day table uses, or the one price of any time. */
export function rowsOf(form: RuleForm): Row[] {
  if (!hasTimes(form)) return ['all'];
  const used = new Set(form.tables.flatMap(({ periods }) => periods.map(({ tariff }) => tariff)));
  const priced = form.steps.flatMap(({ prices }) =>
    TARIFFS.filter((tariff) => prices[tariff]?.some((one) => one.trim() !== '')),
  );
  return TARIFFS.filter((tariff) => used.has(tariff) || priced.includes(tariff));
}

/** The steps that the kind has. */
export const stepsOf = (form: RuleForm): StepForm[] => (hasSteps(form) ? form.steps : form.steps.slice(0, 1));

export const clockText = (minute: number): string =>
  `${String(Math.floor(minute / 60)).padStart(2, '0')}:${String(minute % 60).padStart(2, '0')}`;

/** The rule as it is stored, whatever is wrong in it included. */
export function ruleOf(form: RuleForm): Record<string, unknown> {
  const partsOf = (step: StepForm | undefined, row: Row) =>
    form.columns.flatMap((name, column) => {
      const price = step?.prices[row]?.[column]?.trim() ?? '';
      return price === '' ? [] : [{ name: name.trim(), price }];
    });
  const pricesOf = (step: StepForm | undefined) =>
    Object.fromEntries(rowsOf(form).map((row) => [row, partsOf(step, row)]));
  const times = hasTimes(form) ? { by: form.by, calendar: calendarOf(form) } : {};
  const allowance = form.allowance.trim();
  const standing = form.standing.trim();
  const beside = {
    ...(allowance === ''
      ? {}
      : { allowance: { quantity: allowance, per: hasSteps(form) ? form.period : form.allowancePer } }),
    ...(standing === '' ? {} : { standing: { perDay: standing } }),
  };
  const [first] = form.steps;
  if (form.kind === 'flat') return { kind: 'flat', parts: partsOf(first, 'all'), ...beside };
  if (form.kind === 'tou') return { kind: 'tou', ...times, prices: pricesOf(first), ...beside };
  const steps = form.steps.map((step, index) => ({
    ...(index < form.steps.length - 1 ? { upTo: baseOf(step.upTo) } : {}),
    ...(form.kind === 'steps' ? { parts: partsOf(step, 'all') } : { prices: pricesOf(step) }),
  }));
  return { kind: form.kind, period: form.period, ...times, steps, ...beside };
}

/** Whole Wh or litres; what is none is left as it was typed, and refused where it stands. */
function baseOf(typed: string): number | string {
  try {
    return Number(parseDecimal(typed, 3));
  } catch {
    return typed;
  }
}

function calendarOf(form: RuleForm) {
  const table = ({ periods }: DayTableForm) =>
    periods.map(({ fromMinute, tariff }, index) => ({
      from: clockText(fromMinute),
      to: clockText(periods[index + 1]?.fromMinute ?? 1_440),
      tariff,
    }));
  return {
    dayTables: Object.fromEntries(form.tables.map((one) => [one.name, table(one)])),
    seasons: form.seasons.map(({ from, to, weekday, weekend }) => ({
      from,
      to,
      weekday,
      ...(weekend === '' ? {} : { weekend }),
    })),
    ...(form.specialDays.length > 0
      ? { specialDays: Object.fromEntries(form.specialDays.map(({ date, table: name }) => [date, name])) }
      : {}),
  };
}

interface RuleJson {
  readonly kind: RuleKind;
  readonly period?: 'month' | 'year';
  readonly by?: 'registers' | 'intervals';
  readonly parts?: readonly PartJson[];
  readonly prices?: Readonly<Partial<Record<Tariff, readonly PartJson[]>>>;
  readonly steps?: readonly {
    readonly upTo?: number | null;
    readonly parts?: readonly PartJson[];
    readonly prices?: Readonly<Partial<Record<Tariff, readonly PartJson[]>>>;
  }[];
  readonly calendar?: {
    readonly dayTables: Readonly<Record<string, readonly { readonly from: string; readonly tariff: Tariff }[]>>;
    readonly seasons: readonly {
      readonly from: string;
      readonly to: string;
      readonly weekday: string;
      readonly weekend?: string;
    }[];
    readonly specialDays?: Readonly<Record<string, string>>;
  };
  readonly allowance?: { readonly quantity: string; readonly per: 'month' | 'year' };
  readonly standing?: { readonly perDay: string };
}
type PartJson = { readonly name: string; readonly price: string };

/** A form of a rule that parseRule has read. */
export function formOf(json: unknown): RuleForm {
  const rule = json as RuleJson;
  const { kind, period, by, calendar, allowance, standing } = rule;
  const empty = emptyRule();
  const stored = rule.steps ?? [{ parts: rule.parts ?? [], prices: rule.prices ?? {} }];
  const lists = stored.flatMap(({ parts = [], prices = {} }) => [parts, ...Object.values(prices)]);
  const columns = [...new Set(lists.flatMap((parts) => parts.map(({ name }) => name)))];
  const texts = (parts: readonly PartJson[]) =>
    columns.map((name) => parts.find((part) => part.name === name)?.price ?? '');
  const steps = stored.map(({ upTo, parts, prices = {} }): StepForm => {
    const rows = Object.entries(prices).map(([tariff, list]) => [tariff, texts(list)] as const);
    return {
      upTo: typeof upTo === 'number' ? plainDecimal(upTo) : '',
      prices: { ...(parts === undefined ? {} : { all: texts(parts) }), ...Object.fromEntries(rows) },
    };
  });
  return {
    ...empty,
    kind,
    period: period ?? empty.period,
    by: by ?? empty.by,
    columns,
    steps: steps.length > 1 ? steps : [...steps.map((step) => ({ ...step, upTo: '200' })), { upTo: '', prices: {} }],
    ...(calendar === undefined ? {} : calendarForm(calendar)),
    allowance: allowance?.quantity ?? '',
    allowancePer: allowance?.per ?? 'month',
    standing: standing?.perDay ?? '',
  };
}

const calendarForm = ({ dayTables, seasons, specialDays = {} }: NonNullable<RuleJson['calendar']>) => ({
  tables: Object.entries(dayTables).map(([name, periods]) => ({
    name,
    periods: periods.map(({ from, tariff }) => ({ fromMinute: minuteOf(from), tariff })),
  })),
  seasons: seasons.map(({ from, to, weekday, weekend = '' }) => ({ from, to, weekday, weekend })),
  specialDays: Object.entries(specialDays).map(([date, table]) => ({ date, table })),
});

const minuteOf = (clock: string) => Number(clock.slice(0, 2)) * 60 + Number(clock.slice(3));
const plainDecimal = (base: number) => formatDecimal(BigInt(base), 3).replace(/\.?0+$/, '');

/** Whether a form can hold it: the parts of a price each have a name of their own. */
export function fitsForm(json: unknown): boolean {
  const names = (list: readonly PartJson[]) => new Set(list.map(({ name }) => name)).size === list.length;
  const { parts = [], prices = {}, steps = [] } = json as RuleJson;
  const lists = [
    parts,
    ...Object.values(prices),
    ...steps.flatMap((step) => [step.parts ?? [], ...Object.values(step.prices ?? {})]),
  ];
  return lists.every(names);
}
