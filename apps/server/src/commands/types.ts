export type Wanted = 'on' | 'off';
export type CommandState = 'queued' | 'sent' | 'acknowledged' | 'confirmed' | 'failed' | 'expired' | 'superseded';

/** Control's order to bring one meter's relay or valve to a state. */
export interface SwitchOrder {
  readonly marketId: string;
  readonly meterId: string;
  readonly wanted: Wanted;
  /** Of meter_control at the decision; a later order of the meter has a higher one. */
  readonly wantedSeq: bigint;
  /** Stable code of why, e.g. `balance_used_up`, `override`, `reconcile`. */
  readonly cause: string;
  readonly operatorId: string | null;
  readonly createdAt: Date;
  readonly expiresAt: Date;
}

/** A command that is not finished: what delivery works on. */
export interface OpenCommand {
  readonly marketId: string;
  readonly commandId: string;
  readonly meterId: string;
  readonly wanted: Wanted;
  readonly state: 'queued' | 'sent' | 'acknowledged';
  readonly createdAt: Date;
  readonly expiresAt: Date;
  readonly nextAttemptAt: Date;
  /** Writes handed to the wire, or to the platform, so far. */
  readonly attempts: number;
  /** Of the first write. */
  readonly sentAt: Date | null;
  readonly acknowledgedAt: Date | null;
  readonly expectedAt: Date | null;
  /** The platform's own id of the last command created there. */
  readonly platformRef: string | null;
}

/** A command as the stall page shows it. */
export interface CommandRow {
  readonly commandId: string;
  readonly meterId: string;
  readonly wanted: Wanted;
  readonly cause: string;
  readonly state: CommandState;
  readonly createdAt: Date;
  readonly sentAt: Date | null;
  readonly acknowledgedAt: Date | null;
  readonly finishedAt: Date | null;
  readonly expiresAt: Date;
  readonly expectedAt: Date | null;
  readonly attempts: number;
  readonly outcome: string | null;
}

/** Bytes of a command on the wire, kept in `frame`. */
export interface WireFrame {
  readonly protocol: string;
  readonly bytes: Uint8Array;
}
