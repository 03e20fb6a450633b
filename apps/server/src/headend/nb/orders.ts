import type { OpenCommand } from '../../commands/index.ts';

/**
 * The meter echoes the series, so the answer to a command that was superseded meanwhile is told from the answer to this
 * one. Derived from the row, so that a restart forgets nothing.
 */
export const seriesOf = (command: Pick<OpenCommand, 'commandId'>, attempt: number): number =>
  (Number.parseInt(command.commandId.slice(-2), 16) + attempt) & 0xff;

/** The link key of a device on the platform: `<product>/<device>`. */
export function splitLinkKey(linkKey: string): { productId: string; deviceId: string } {
  const slash = linkKey.indexOf('/');
  return { productId: linkKey.slice(0, Math.max(slash, 0)), deviceId: linkKey.slice(slash + 1) };
}
