import type { OpenCommand } from '../../commands/index.ts';

/** Writes of one wish that are told apart; a wish is written at most MAX_ORDERS times. */
const SERIES_PER_WISH = 8;

/**
 * The meter echoes the series, so the answer to a command that was superseded meanwhile is told from the answer to this
 * one: 32 wishes of a meter in a row never share one. Derived from the row, so that a restart forgets nothing.
 */
export const seriesOf = (command: Pick<OpenCommand, 'wantedSeq'>, attempt: number): number =>
  Number((command.wantedSeq * BigInt(SERIES_PER_WISH) + BigInt(attempt)) & 0xffn);

/** The link key of a device on the platform: `<product>/<device>`. */
export function splitLinkKey(linkKey: string): { productId: string; deviceId: string } {
  const slash = linkKey.indexOf('/');
  return { productId: linkKey.slice(0, Math.max(slash, 0)), deviceId: linkKey.slice(slash + 1) };
}
