import type { MarketTerms } from '@openprepay/contract';
import { fenOf, isBlank, wholeOf, yuanText } from './fields.ts';

/** The terms of a market as a person types them: yuan, and a share in per cent. */
export interface TypedTerms {
  minimum: string;
  maximum: string;
  emergency: string;
  deposit: string;
  share: string;
  /** Blank: no limit. */
  cap: string;
  postpaid: boolean;
}
type Field = Exclude<keyof TypedTerms, 'postpaid'>;
type Wrong = 'amount' | 'above_zero' | 'percent' | 'below_minimum';

export const textsOf = (terms: MarketTerms): TypedTerms => ({
  minimum: yuanText(terms.topUpMinimumFen),
  maximum: yuanText(terms.topUpMaximumFen),
  emergency: yuanText(terms.emergencyCreditFen),
  deposit: yuanText(terms.depositFen),
  share: String(terms.debtSharePercent),
  cap: terms.debtCapFen === null ? '' : yuanText(terms.debtCapFen),
  postpaid: terms.postpaidAllowed,
});

/** What is wrong with each field; nothing where it is right. */
export function wrongIn(typed: TypedTerms): Partial<Record<Field, Wrong>> {
  const wrong: Partial<Record<Field, Wrong>> = {};
  for (const field of ['minimum', 'maximum', 'emergency', 'deposit', 'cap'] as const) {
    const amountFen = fenOf(typed[field]);
    const mayBeNothing = field === 'emergency' || field === 'deposit';
    if (field === 'cap' && isBlank(typed.cap)) continue;
    if (amountFen === null) wrong[field] = 'amount';
    else if (amountFen === 0 && !mayBeNothing) wrong[field] = 'above_zero';
  }
  const [minimumFen, maximumFen] = [fenOf(typed.minimum), fenOf(typed.maximum)];
  if (minimumFen !== null && maximumFen !== null && maximumFen > 0 && maximumFen < minimumFen) {
    wrong.maximum = 'below_minimum';
  }
  if ((wholeOf(typed.share) ?? 101) > 100) wrong.share = 'percent';
  return wrong;
}

/** null while something is wrong. */
export function termsOf(typed: TypedTerms): MarketTerms | null {
  const [minimumFen, maximumFen] = [fenOf(typed.minimum), fenOf(typed.maximum)];
  const [emergencyFen, depositFen, share] = [fenOf(typed.emergency), fenOf(typed.deposit), wholeOf(typed.share)];
  if (Object.keys(wrongIn(typed)).length > 0 || minimumFen === null || maximumFen === null) return null;
  if (emergencyFen === null || depositFen === null || share === null) return null;
  return {
    topUpMinimumFen: minimumFen,
    topUpMaximumFen: maximumFen,
    emergencyCreditFen: emergencyFen,
    depositFen,
    debtSharePercent: share,
    debtCapFen: isBlank(typed.cap) ? null : fenOf(typed.cap),
    postpaidAllowed: typed.postpaid,
  };
}
