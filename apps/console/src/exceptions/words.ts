import type { DeviceException } from '@openprepay/contract';
import { text, wordsOf } from '../locales/index.ts';

/** What was tried on a meter of the exception list, and what it said last. */
export function detailWords({
  kind,
  command,
  meterKind,
  wanted,
  readBack,
  writes,
}: Pick<DeviceException, 'kind' | 'command' | 'meterKind' | 'wanted' | 'readBack' | 'writes'>): string {
  if (command !== 'switch' || wanted === null) {
    const how = kind === 'command_expired' ? 'setting_expired' : 'setting';
    return text(`exceptions.detailOf.${how}`, {
      setting: command === 'switch' ? '' : text(`meters.setting.${command}`),
      n: writes,
    });
  }
  const values = { wanted: text(`switch.${meterKind}.${wanted}`), n: writes };
  if (kind === 'command_expired') return text(`exceptions.detailOf.${writes === 0 ? 'never_sent' : 'expired'}`, values);
  return readBack === null
    ? text('exceptions.detailOf.no_read_back', values)
    : text('exceptions.detailOf.read_back', { ...values, readBack: text(`switch.${meterKind}.${readBack}`) });
}

/** What a meter can be told, in a spreadsheet. */
export const commandWords = (): Record<string, string> => ({
  switch: text('exceptions.switch'),
  ...wordsOf('meters.setting'),
});

/** A relay or a valve, in a spreadsheet where a column has both. */
export function switchWords(): Record<string, string> {
  const water = wordsOf('switch.water');
  const entries = Object.entries(wordsOf('switch.electricity'));
  return Object.fromEntries(
    entries.map(([state, words]) => [state, words === water[state] ? words : `${words} / ${water[state]}`]),
  );
}
