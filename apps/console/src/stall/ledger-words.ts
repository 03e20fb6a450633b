import type { LedgerLine } from '@openprepay/contract';
import { text } from '../locales/index.ts';

/** What a line of the ledger is called. */
export function ledgerTitle({
  kind,
  charge,
  provisional,
}: Pick<LedgerLine, 'kind' | 'charge' | 'provisional'>): string {
  if (charge) return text(`ledger.charged.${charge.kind}`);
  return provisional?.takesBack ? text('ledger.takenBack') : text(`ledger.${kind}`);
}
