import type { MeterKind } from '@openprepay/kernel';

export type Link = 'acrel4g' | 'nb';

/** A meter as the head-end needs it: who it is, how it is reached, and how its numbers are to be understood. */
export interface Device {
  readonly marketId: string;
  readonly meterId: string;
  readonly kind: MeterKind;
  readonly model: string;
  readonly ctRatio: number;
  readonly link: Link;
  readonly linkKey: string;
  readonly busAddress: string;
  /** Of its market: meters keep local time. */
  readonly timeZone: string;
  /** Of the building it is bound in; the default where it is bound nowhere. */
  readonly readingIntervalS: number;
}

/** What was heard from a meter besides its readings. Only the fields given are changed. */
export interface Contact {
  readonly marketId: string;
  readonly meterId: string;
  readonly at: Date;
  readonly online?: boolean;
  readonly rssi?: number;
  readonly iccid?: string;
  readonly firmware?: string;
  readonly wakeExpectedAt?: Date;
}
