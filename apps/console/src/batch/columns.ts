import type { Column } from '../lists/columns.ts';
import { meterCells } from '../lists/meter-cells.ts';
import { text, wordsOf } from '../locales/index.ts';

/** The columns that the rows of every batch have: which meter, how far it is, and where. `BatchRows` fills them. */
export const batchColumns = () => ({
  meter: { key: 'meter', label: text('batch.meter'), fixed: true, cells: meterCells() } satisfies Column,
  progress: {
    key: 'progress',
    label: text('batch.progress'),
    cells: [{ key: 'state', label: text('batch.progress'), words: wordsOf('batch.row') }],
  } satisfies Column,
  building: { key: 'building', label: text('grid.building'), extra: true } satisfies Column,
});
