import type { Command, MeterDetail } from '@openprepay/contract';
import { codeText, text } from '../locales/index.ts';

type Kind = MeterDetail['kind'];
type Override = MeterDetail['override'];

/** The override a meter has: 自动, 保电, 关阀 … */
export const overrideWord = (override: Override, kind: Kind): string =>
  override === 'auto' ? text('override.auto') : text(`override.${override}.${kind}`);

/** The button that sets it: the way back to auto has a name of its own, 恢复预付费. */
export const overrideAction = (override: Override, kind: Kind): string =>
  override === 'auto' ? text('override.toAuto') : overrideWord(override, kind);

/** Why a command was given: the rule that decided, or that the meter disagreed. */
export const causeText = (cause: Command['cause']): string =>
  codeText(cause === 'reconcile' || cause === 'retry' ? 'cause' : 'reason', cause);

/** What a command tells the meter: where its switch goes, or which setting it gets. */
export const whatText = (
  { kind, wanted }: Pick<Command, 'kind' | 'wanted'>,
  meterKind: MeterDetail['kind'],
): string => {
  if (kind !== 'switch') return text(`meters.setting.${kind}`);
  return wanted === null ? '' : text(`switch.${meterKind}.${wanted}`);
};

/** A meter as people tell it apart: kind and serial. */
export const meterName = (meter: Pick<MeterDetail, 'kind' | 'serial'>): string =>
  `${text(`kind.${meter.kind}`)} ${meter.serial}`;
