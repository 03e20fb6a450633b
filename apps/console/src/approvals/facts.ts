import type { ApprovalFacts } from '@openprepay/contract';
import { formatAmount } from '../format/money.ts';
import { codeText, text } from '../locales/index.ts';

/** Whether a person is told a fact: ids are for programs, the names beside them say the same. */
export const isTold = (name: string): boolean => !name.endsWith('Id');

/** The value of a fact, in the unit that the end of its name says. */
export function factText(name: string, value: ApprovalFacts[string], short: (at: string) => string): string {
  if (value === null) return text('common.none');
  if (typeof value === 'boolean') return text(value ? 'why.yes' : 'why.no');
  if (typeof value === 'number') return name.endsWith('Fen') ? formatAmount(value) : String(value);
  if (name.endsWith('At') || name === 'validFrom' || name === 'until') return short(value);
  return codeText(name.endsWith('Role') ? 'role' : 'approvalValue', value);
}

/** What a request is about, in one line. */
export const factsText = (facts: ApprovalFacts, short: (at: string) => string): string =>
  Object.entries(facts)
    .filter(([name]) => isTold(name))
    .map(([name, value]) => `${codeText('approvalFact', name)} ${factText(name, value, short)}`)
    .join(' · ');
