import type { Column } from '../lists/columns.ts';
import { text, wordsOf } from '../locales/index.ts';

const both = (label: string) => `${label} (kWh, m³)`;

/** Of what is decided, who decided; of what waits, what can be done, where the person may. */
export function holdColumns(isReleased: boolean, mayRelease: boolean): Column[] {
  return [...ofReading(), ...(isReleased ? ofDecision() : mayRelease ? [act()] : [])];
}

const ofReading = (): Column[] => [
  { key: 'stall', label: text('exceptions.stall'), sortable: true, fixed: true },
  {
    key: 'meter',
    label: text('exceptions.meter'),
    sortable: true,
    cells: [
      { key: 'medium', label: text('charges.medium'), words: wordsOf('kind') },
      { key: 'meter', label: text('exceptions.meter') },
    ],
  },
  { key: 'building', label: text('grid.building'), extra: true },
  {
    key: 'reason',
    label: text('exceptions.reason'),
    sortable: true,
    cells: [{ key: 'reason', label: text('exceptions.reason'), words: wordsOf('suspect') }],
  },
  { key: 'opened', label: text('exceptions.openedAt'), sortable: true, extra: true },
  {
    key: 'read',
    label: text('exceptions.suspect'),
    sortable: true,
    number: true,
    cells: [
      { key: 'value', label: both(text('exceptions.suspect')) },
      { key: 'read', label: text('exceptions.readAt') },
      { key: 'said', label: both(text('exceptions.said')) },
    ],
  },
  {
    key: 'lastGood',
    label: text('exceptions.lastGood'),
    number: true,
    cells: [
      { key: 'lastGood', label: both(text('exceptions.lastGood')) },
      { key: 'lastGoodAt', label: text('exceptions.lastGoodAt') },
    ],
  },
];

const ofDecision = (): Column[] => [
  {
    key: 'released',
    label: text('exceptions.decision'),
    sortable: true,
    cells: [
      { key: 'action', label: text('exceptions.decision'), words: wordsOf('exceptions.decided') },
      { key: 'releasedBy', label: text('exceptions.decidedBy') },
      { key: 'released', label: text('exceptions.decidedAt') },
    ],
  },
  { key: 'note', label: text('exceptions.note') },
];

const act = (): Column => ({ key: 'act', label: text('exceptions.action'), cells: [] });
