import { uuidV7 } from '@openprepay/kernel';
import type { Tx } from '../platform/database.ts';
import type { AnyOpenCommand, CommandKind, Wanted } from './types.ts';

const SWITCH_STATES = ['on', 'off', 'fault', 'unknown'] as const;
type SwitchState = (typeof SWITCH_STATES)[number];

type ExceptionKind = 'switch_not_confirmed' | 'command_expired' | 'setting_not_confirmed';

interface NewException {
  readonly meterId: string;
  readonly kind: ExceptionKind;
  readonly detail: {
    readonly command: CommandKind;
    readonly wanted: Wanted | null;
    /** Of a switch, what the last read-back said; null where none came that says anything. */
    readonly readBack: SwitchState | null;
    readonly writes: number;
  };
}

type Ended = Pick<AnyOpenCommand, 'meterId' | 'kind' | 'wanted' | 'attempts'>;

/** What a command that ended without confirmation leaves behind. A switch that expired was perhaps never tried. */
export const exceptionOf = (
  { meterId, kind, wanted, attempts }: Ended,
  end: 'failed' | 'expired',
  readBack: SwitchState | null,
): NewException => {
  const ofSwitch = end === 'failed' ? 'switch_not_confirmed' : 'command_expired';
  return {
    meterId,
    kind: kind === 'switch' ? ofSwitch : 'setting_not_confirmed',
    detail: { command: kind, wanted, readBack, writes: attempts },
  };
};

/** The state in an outcome of delivery: `on` in `on` and in `read_on`; null in `no_answer` and the like. */
export const stateRead = (outcome: string): SwitchState | null =>
  SWITCH_STATES.find((state) => outcome === state || outcome === `read_${state}`) ?? null;

/** Puts meters on the list that a person sees. One that is there already stays as it was. */
export async function openExceptions(
  tx: Tx,
  marketId: string,
  at: Date,
  exceptions: readonly NewException[],
): Promise<void> {
  if (exceptions.length === 0) return;
  await tx.query(
    `insert into device_exception (market_id, exception_id, meter_id, kind, opened_at, detail)
     select $1, * from unnest($2::uuid[], $3::uuid[], $4::text[], $5::timestamptz[], $6::jsonb[])
     on conflict (market_id, meter_id, kind) where closed_at is null do nothing`,
    [
      marketId,
      exceptions.map(() => uuidV7(at)),
      exceptions.map((exception) => exception.meterId),
      exceptions.map((exception) => exception.kind),
      exceptions.map(() => at),
      exceptions.map((exception) => JSON.stringify(exception.detail)),
    ],
  );
}

/** A setting that the meter has now confirmed is no exception any more. Those of a switch are control's to close. */
export async function closeSettingException(
  tx: Tx,
  { marketId, meterId, kind }: AnyOpenCommand,
  at: Date,
): Promise<void> {
  await tx.query(
    `update device_exception set closed_at = $4
     where market_id = $1 and meter_id = $2 and kind = 'setting_not_confirmed' and detail ->> 'command' = $3
       and closed_at is null`,
    [marketId, meterId, kind, at],
  );
}
