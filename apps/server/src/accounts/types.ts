import type { Fen } from '@openprepay/kernel';

export type AccountState = 'prepared' | 'open' | 'closed';
export type AccountMode = 'prepaid' | 'postpaid';

export interface Account {
  readonly accountId: string;
  readonly number: string;
  readonly customerName: string;
  readonly phone: string | null;
  readonly state: AccountState;
  readonly mode: AccountMode;
  readonly creditLimitFen: Fen;
}

/** An account to be opened at once, with the stalls it takes over. */
export interface NewAccount {
  readonly accountId: string;
  readonly number: string;
  readonly customerName: string;
  readonly phone: string | null;
  readonly mode?: AccountMode;
  readonly creditLimitFen: Fen;
  /** What is agreed to be laid down; null: what the market asks. */
  readonly depositFen?: Fen | null;
  /** null: the market's default plan. */
  readonly electricityPlanId?: string | null;
  readonly waterPlanId?: string | null;
  readonly stallIds: readonly string[];
}
