import { isProtocolError } from '@openprepay/protocols';
import { DEFAULT_CONVENTIONS, type DtuConvention } from '@openprepay/protocols/dtu';
import { createSniffer } from '@openprepay/protocols/sniff';
import type { Context } from '../../platform/context.ts';

/** A list of `DtuConvention`, for modems that say who they are in ways of their own. */
const SETTING = 'headend.dtu_conventions';

/** How modems register: the installation's own conventions first, then the usual ones. One that cannot be is left out. */
export async function loadConventions({ db, log }: Context): Promise<readonly DtuConvention[]> {
  const rows = await db.query<{ value: unknown }>('select value from setting where name = $1', [SETTING]);
  const own: readonly unknown[] = Array.isArray(rows[0]?.value) ? rows[0].value : [];
  const usable = own.filter((convention): convention is DtuConvention => {
    const reason = reasonAgainst(convention);
    if (reason !== null) log.warn({ setting: SETTING, convention, reason }, 'a DTU convention cannot be used');
    return reason === null;
  });
  return [...usable, ...DEFAULT_CONVENTIONS];
}

function reasonAgainst(convention: unknown): string | null {
  try {
    createSniffer([convention as DtuConvention]);
    return null;
  } catch (error) {
    // Of a wrong shape, or a convention that could be found anywhere.
    if (error instanceof TypeError || isProtocolError(error)) return String(error);
    throw error;
  }
}
