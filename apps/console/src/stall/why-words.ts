import type { MeterDetail, WhyFacts } from '@openprepay/contract';
import { formatAmount } from '../format/money.ts';
import { codeText, text } from '../locales/index.ts';
import { overrideWord } from './words.ts';

type Value = WhyFacts[string];

const MINUTE_S = 60;
const HOUR_S = 3_600;
const two = (value: number): string => String(value).padStart(2, '0');

/** The name of a fact, in words. */
export const factName = (name: string): string => codeText('whyFact', name);

/** The value of a fact, in the unit that the end of its name says. */
export function factValue(
  name: string,
  value: Value,
  kind: MeterDetail['kind'],
  short: (at: string) => string,
): string {
  if (value === null) return text('common.none');
  if (typeof value === 'boolean') return text(value ? 'why.yes' : 'why.no');
  if (typeof value === 'number') return quantityText(name, value);
  if (name.endsWith('At')) return short(value);
  if (name === 'stallType') return codeText('stallType', value);
  if (name === 'override' && isOverride(value)) return overrideWord(value, kind);
  if (name === 'accountState' && isAccountState(value)) return text(`stall.accountState.${value}`);
  if (name === 'mode' && isMode(value)) return text(`stall.mode.${value}`);
  return value;
}

function quantityText(name: string, value: number): string {
  if (name.endsWith('Fen')) return formatAmount(value);
  if (name.endsWith('Minute')) return `${two(Math.floor(value / MINUTE_S))}:${two(value % MINUTE_S)}`;
  return name.endsWith('S') ? durationText(value) : String(value);
}

/** In the largest unit of which there are at least two, rounded down. */
function durationText(seconds: number): string {
  if (seconds >= 2 * HOUR_S) return text('why.hours', { n: Math.floor(seconds / HOUR_S) });
  if (seconds >= 2 * MINUTE_S) return text('why.minutes', { n: Math.floor(seconds / MINUTE_S) });
  return text('why.seconds', { n: seconds });
}

const isOverride = (value: string): value is MeterDetail['override'] =>
  value === 'auto' || value === 'forced_on' || value === 'forced_off';
const isAccountState = (value: string): value is 'prepared' | 'open' | 'closed' =>
  value === 'prepared' || value === 'open' || value === 'closed';
const isMode = (value: string): value is 'prepaid' | 'postpaid' => value === 'prepaid' || value === 'postpaid';
