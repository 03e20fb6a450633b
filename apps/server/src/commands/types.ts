import type { SettingKind } from '@openprepay/protocols/driver';

export type Wanted = 'on' | 'off';
/** A switch is control's; a setting is a person's, or the program's where a clock has to be set. */
export type CommandKind = 'switch' | SettingKind;
/** What a meter is told by a setting, as JSON; the clock's is empty, for it is the time of the write. */
export type SettingValue = Readonly<Record<string, unknown>>;
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
  /** Not to be sent before; at once where nothing is said. */
  readonly dueAt?: Date;
}

/** An order to tell a meter something other than where its relay or valve is to stand. */
export interface SettingOrder {
  readonly marketId: string;
  readonly meterId: string;
  readonly kind: SettingKind;
  readonly value: SettingValue;
  /** `operator`, or why the program orders it, e.g. `clock_drift`. */
  readonly cause: string;
  readonly operatorId: string | null;
  readonly createdAt: Date;
  readonly expiresAt: Date;
}

/** A command that is not finished: what delivery works on. */
export interface OpenCommand<K extends CommandKind = 'switch'> {
  readonly marketId: string;
  readonly commandId: string;
  readonly meterId: string;
  readonly kind: K;
  readonly wanted: K extends 'switch' ? Wanted : null;
  readonly value: K extends 'switch' ? null : SettingValue;
  /** Of the wish it carries out; settings have none and say 0. */
  readonly wantedSeq: bigint;
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

export type AnyOpenCommand = OpenCommand<CommandKind>;
export type OpenSetting = OpenCommand<SettingKind>;

/** A command as lists show it. */
export interface CommandRow {
  readonly commandId: string;
  readonly meterId: string;
  readonly kind: CommandKind;
  readonly wanted: Wanted | null;
  readonly value: SettingValue | null;
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
