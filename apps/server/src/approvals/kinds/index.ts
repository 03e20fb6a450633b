import type { Kinds } from '../types.ts';
import { massCutKind } from './mass-cut.ts';
import { publishPriceKind } from './publish-price.ts';
import { refundCashKind } from './refund-cash.ts';
import { reversalKind } from './reversal.ts';
import { roleChangeKind } from './role-change.ts';

/** Every kind of thing that needs a second person. */
export const kinds: Kinds = {
  mass_cut: massCutKind,
  refund_cash: refundCashKind,
  reversal: reversalKind,
  role_change: roleChangeKind,
  publish_price: publishPriceKind,
};
