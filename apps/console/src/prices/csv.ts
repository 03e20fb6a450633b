import type { MeterDetail, ShadowRun } from '@openprepay/contract';
import { fen, formatQuantity, formatYuan, quantity } from '@openprepay/kernel';
import { UNIT } from '../format/quantity.ts';
import { text } from '../locales/index.ts';

/** What begins like a formula is not to be one in a spreadsheet. */
const cell = (words: string) => `"${(/^[=+\-@\t]/.test(words) ? `'${words}` : words).replaceAll('"', '""')}"`;
const yuan = (amountFen: number) => formatYuan(fen(amountFen));

/** A shadow run as a file that spreadsheets open, with the mark by which they know its Chinese. */
export function csvOf({ rows }: Pick<ShadowRun, 'rows'>, kind: MeterDetail['kind']): string {
  const head = [
    text('prices.number'),
    text('prices.account'),
    `${text('prices.use')} (${UNIT[kind]})`,
    text('prices.charged'),
    text('prices.wouldBe'),
    text('prices.difference'),
  ];
  const lines = rows.map((row) => [
    cell(row.number),
    cell(row.customerName),
    formatQuantity(quantity(row.use)),
    yuan(row.chargedFen),
    yuan(row.wouldBeFen),
    yuan(row.wouldBeFen - row.chargedFen),
  ]);
  return `\uFEFF${[head.map(cell), ...lines].map((line) => line.join(',')).join('\r\n')}\r\n`;
}
