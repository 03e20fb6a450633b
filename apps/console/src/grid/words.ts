import type { StallCell } from '@openprepay/contract';
import { formatAmount } from '../format/money.ts';
import { formatUse } from '../format/quantity.ts';
import { codeText, text } from '../locales/index.ts';

type CellMeter = StallCell['meters'][number];

/** What a meter's switch says, as on the card: its state by read-back, and whether that is about to change. */
export function switchWords(meter: CellMeter): string {
  const words = [
    text(`kind.${meter.kind}`),
    text(`switch.${meter.kind}.${meter.switchState}`),
    meter.switching ? text('switching') : '',
    meter.online ? '' : text('grid.offline'),
  ];
  return words.filter((word) => word !== '').join(' ');
}

/** A whole card in words, for those who hear it. */
export function cellWords(cell: StallCell): string {
  const use = cell.meters.map(({ kind }) => formatUse(kind === 'electricity' ? cell.todayWh : cell.todayLitres, kind));
  const words = [
    cell.code,
    codeText('stallType', cell.stallType),
    text(`state.${cell.state}`),
    cell.customerName ?? text('grid.vacant'),
    cell.balanceFen === null ? '' : `${text('grid.balance')} ${formatAmount(cell.balanceFen)}`,
    use.length > 0 ? `${text('grid.today')} ${use.join(' ')}` : '',
    ...cell.meters.map(switchWords),
  ];
  return words.filter((word) => word !== '').join(text('common.separator'));
}
