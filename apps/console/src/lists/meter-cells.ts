import { text, wordsOf } from '../locales/index.ts';
import type { ExportCell } from './columns.ts';

/** A meter with its stall, as `MeterOfStall` shows it, in a spreadsheet. */
export const meterCells = (): ExportCell[] => [
  { key: 'stall', label: text('exceptions.stall') },
  { key: 'serial', label: text('meters.serial') },
  { key: 'kind', label: text('meters.kind'), words: wordsOf('kind') },
];
