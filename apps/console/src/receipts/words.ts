import type { Receipt } from '@openprepay/contract';

/** Where everybody may look up what stands behind a transaction; what a receipt's QR code says. */
export const proofAddress = (txId: string): string => `${location.origin}/proof/${txId}`;

/** A sale or a deposit that nobody has taken back. */
export const isReversible = ({ kind, reversedBy }: Receipt): boolean =>
  (kind === 'top_up' || kind === 'deposit') && reversedBy === null;
