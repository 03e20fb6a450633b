import type { MeterKind } from '@openprepay/kernel';

/** How meters are reached: a modem of their own, a gateway with a bus behind it, or a telecom operator's platform. */
export const LINKS = ['acrel4g', 'acrelgw', 'dtu', 'mqtt', 'modbus_tcp', 'nb'] as const;
export type Link = (typeof LINKS)[number];

/** Those with a gateway that several meters share. */
export const GATEWAY_LINKS = ['acrelgw', 'dtu', 'mqtt', 'modbus_tcp'] as const satisfies Link[];
export type GatewayLink = (typeof GATEWAY_LINKS)[number];

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
  /** What lets it be written to, e.g. a DL/T 645 password; empty where nothing is asked for. */
  readonly access: Readonly<Record<string, string>>;
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
  /** How far its clock was ahead of ours, in seconds; negative behind. */
  readonly clockDriftS?: number;
}
