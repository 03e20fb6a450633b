import type { CounterDay, Shift } from '@openprepay/contract';
import { formatAmount, formatSignedAmount } from '../format/money.ts';
import { useMarket } from '../live/market.ts';
import { text } from '../locales/index.ts';
import PaperSheet from '../print/PaperSheet.vue';
import { print } from '../print/print.ts';

const METHODS = ['cash', 'bank', 'pos'] as const;
const taken = (takenFen: Shift['takenFen']) =>
  METHODS.map((method) => ({ name: text(`topUp.methods.${method}`), value: formatAmount(takenFen[method]) }));
const note = (words: string | null) => (words ? [{ name: text('shifts.note'), value: words }] : []);

/** A shift and a day of the counter on paper, to be signed and filed. */
export function useSheets() {
  const { market, full } = useMarket();
  return {
    printShift: (shift: Shift) =>
      print(PaperSheet, {
        market: market.name,
        title: text('shifts.sheet'),
        rows: [
          { name: text('shifts.operator'), value: shift.operatorName },
          { name: text('shifts.openedAt'), value: full(shift.openedAt) },
          { name: text('shifts.closedAt'), value: shift.closedAt ? full(shift.closedAt) : text('shifts.underWay') },
          { name: text('shifts.receiptCount'), value: String(shift.receipts) },
          { name: text('shifts.float'), value: formatAmount(shift.floatFen) },
          ...taken(shift.takenFen),
          { name: text('shifts.expected'), value: formatAmount(shift.expectedFen), strong: true },
          ...(shift.countedFen === null
            ? []
            : [{ name: text('shifts.counted'), value: formatAmount(shift.countedFen), strong: true }]),
          ...(shift.differenceFen === null
            ? []
            : [{ name: text('shifts.difference'), value: formatSignedAmount(shift.differenceFen), strong: true }]),
          ...note(shift.note),
          ...(shift.closedByName ? [{ name: text('shifts.closedBy'), value: shift.closedByName }] : []),
        ],
        signatures: [text('shifts.operator'), text('shifts.receivedBy')],
      }),
    printDay: (day: CounterDay) =>
      print(PaperSheet, {
        market: market.name,
        title: text('shifts.daySheet', { day: day.day }),
        rows: [
          ...(['topUp', 'deposit', 'refund', 'reversal'] as const).map((kind) => ({
            name: `${text(`shifts.${kind}s`)} ${day.totals[`${kind}s`]}`,
            value: formatAmount(day.totals[`${kind}Fen`]),
          })),
          { name: text('shifts.net'), value: formatAmount(day.totals.netFen), strong: true },
          ...taken(day.takenFen),
          ...note(day.note),
          { name: text('shifts.closedAt'), value: day.closedAt ? full(day.closedAt) : text('shifts.dayOpen') },
          ...(day.closedByName ? [{ name: text('shifts.closedBy'), value: day.closedByName }] : []),
          ...(day.seal ? [{ name: text('shifts.seal', { seq: day.seal.seq }), value: day.seal.hash }] : []),
        ],
        signatures: [text('shifts.closedBy'), text('shifts.receivedBy')],
      }),
  };
}
