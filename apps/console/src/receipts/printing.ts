import type { Receipt } from '@openprepay/contract';
import { useMarket } from '../live/market.ts';
import { print } from '../print/print.ts';
import { send } from '../session.ts';
import ReceiptPaper from './ReceiptPaper.vue';

/** Receipts onto paper: the first time as it is, and again counted, with its mark. */
export function useReceiptPrinting() {
  const { market } = useMarket();
  const printFirst = (receipt: Receipt) => print(ReceiptPaper, { receipt, timeZone: market.timeZone });
  return {
    printFirst,
    async reprint(txId: string): Promise<Receipt> {
      const counted = await send('reprintReceipt', { params: { marketId: market.marketId, txId } });
      await printFirst(counted);
      return counted;
    },
  };
}
