import { fen, uuidV7 } from '@openprepay/kernel';
import fc from 'fast-check';
import { testVault } from '../../../test-support/vault.ts';
import type { Tx } from '../../platform/database.ts';
import type { LedgerAccount, LedgerPosting, LedgerTransaction, PurseKind } from '../types.ts';

const AT = new Date('2026-03-02T02:00:00Z');

/** What happens to the money of accounts, each a number. Amounts are in fen and above nought. */
export type Fact =
  | { readonly kind: 'paid' | 'refunded'; readonly account: number; readonly purse: PurseKind; readonly amount: number }
  | {
      readonly kind: 'charged';
      readonly account: number;
      readonly of: 'electricity' | 'water';
      readonly amount: number;
    }
  | {
      readonly kind: 'moved';
      readonly account: number;
      readonly from: PurseKind;
      readonly to: PurseKind;
      readonly amount: number;
    }
  | { readonly kind: 'reversed'; readonly which: number };

const amount = fc.integer({ min: 1, max: 1_000_000 });
const purse = fc.constantFrom<PurseKind>('utility', 'fees', 'deposit', 'debt');

export function anyFacts(accounts: number, maxLength: number): fc.Arbitrary<Fact[]> {
  const account = fc.nat({ max: accounts - 1 });
  const fact: fc.Arbitrary<Fact> = fc.oneof(
    fc.record({ kind: fc.constantFrom('paid' as const, 'refunded' as const), account, purse, amount }),
    fc.record({
      kind: fc.constant('charged' as const),
      account,
      of: fc.constantFrom('electricity' as const, 'water' as const),
      amount,
    }),
    fc.record({ kind: fc.constant('moved' as const), account, from: purse, to: purse, amount }),
    fc.record({ kind: fc.constant('reversed' as const), which: fc.nat() }),
  );
  return fc.array(fact, { minLength: 1, maxLength });
}

/** A reversal undoes an earlier transaction that was not undone, and is left out where there is none. */
export function transactionsOf(
  facts: readonly Fact[],
  accountIds: readonly string[],
  name: string,
): LedgerTransaction[] {
  const all: LedgerTransaction[] = [];
  for (const [at, fact] of facts.entries()) {
    const common = {
      txId: uuidV7(AT),
      idempotencyKey: `${name}:${at}`,
      businessAt: AT,
      recordedAt: AT,
      operatorId: null,
      memo: null,
    };
    if (fact.kind !== 'reversed') {
      all.push({ ...common, ...plain(fact, accountIds[fact.account] ?? '') });
      continue;
    }
    const undone = new Set(all.map(({ reversesTxId }) => reversesTxId));
    const open = all.filter(({ kind, txId }) => kind !== 'reversal' && !undone.has(txId));
    const wrong = open[fact.which % Math.max(open.length, 1)];
    if (wrong) all.push({ ...common, kind: 'reversal', reversesTxId: wrong.txId, lines: wrong.lines.map(negated) });
  }
  return all;
}

const negated = (line: LedgerPosting): LedgerPosting => ({ ...line, amountFen: fen(-line.amountFen) });

function plain(
  fact: Exclude<Fact, { readonly kind: 'reversed' }>,
  accountId: string,
): Pick<LedgerTransaction, 'kind' | 'lines'> {
  const own = (kind: PurseKind, value: number): LedgerPosting => ({
    ledgerAccount: `purse.${kind}`,
    accountId,
    amountFen: fen(value),
  });
  const other = (ledgerAccount: LedgerAccount, value: number): LedgerPosting => ({
    ledgerAccount,
    accountId: null,
    amountFen: fen(value),
  });
  switch (fact.kind) {
    case 'paid':
      return { kind: 'top_up', lines: [own(fact.purse, fact.amount), other('cash', -fact.amount)] };
    case 'refunded':
      return { kind: 'refund', lines: [own(fact.purse, -fact.amount), other('bank', fact.amount)] };
    case 'charged':
      return { kind: 'charge', lines: [own('utility', -fact.amount), other(`revenue.${fact.of}`, fact.amount)] };
    case 'moved':
      return { kind: 'debt', lines: [own(fact.from, -fact.amount), own(fact.to, fact.amount)] };
  }
}

/** `ledger account owner` → what its lines come to. Nought is not written down. */
export type Sums = ReadonlyMap<string, bigint>;

export function sumsOf(lines: readonly LedgerPosting[]): Sums {
  const sums = new Map<string, bigint>();
  for (const { ledgerAccount, accountId, amountFen } of lines) {
    const key = `${ledgerAccount} ${accountId ?? '-'}`;
    const sum = (sums.get(key) ?? 0n) + amountFen;
    if (sum === 0n) sums.delete(key);
    else sums.set(key, sum);
  }
  return sums;
}

export interface MemoryLedger {
  readonly tx: Tx;
  readonly lines: readonly LedgerPosting[];
  readonly told: readonly string[];
}

/** As much of a database as `post` asks for, by the names of the statements' parameters; the real one is held against it. */
export function memoryLedger(): MemoryLedger {
  const idOfKey = new Map<string, string>();
  const lines: LedgerPosting[] = [];
  const told: string[] = [];
  const insert = ([, txIds, , keys, , , , , , ofTx, , ledgerAccounts, accountIds, amounts]: readonly unknown[][]) => {
    const leftOut = new Set<unknown>();
    for (const [at, key] of (keys as string[]).entries()) {
      if (idOfKey.has(key)) leftOut.add(txIds?.[at]);
      else idOfKey.set(key, String(txIds?.[at]));
    }
    for (const [at, txId] of (ofTx as string[]).entries()) {
      if (leftOut.has(txId)) continue;
      const [ledgerAccount, accountId, amountFen] = [ledgerAccounts?.[at], accountIds?.[at], amounts?.[at]];
      lines.push({ ledgerAccount, accountId, amountFen } as LedgerPosting);
    }
    return [...leftOut].map((tx_id) => ({ tx_id }));
  };
  const tx: Tx = {
    vault: testVault,
    async query(sql, values = []) {
      const rows = sql.startsWith('with fresh')
        ? insert(values as unknown[][])
        : (values[1] as string[]).map((key) => ({ idempotency_key: key, tx_id: idOfKey.get(key) }));
      return rows as never;
    },
    async notify(channel, payload) {
      if (channel === 'balance') told.push(payload);
    },
  };
  return { tx, lines, told };
}
