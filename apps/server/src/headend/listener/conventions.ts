import { isProtocolError } from '@openprepay/protocols';
import { DEFAULT_CONVENTIONS, type DtuConvention } from '@openprepay/protocols/dtu';
import { createSniffer, MAX_CONVENTIONS } from '@openprepay/protocols/sniff';
import Type from 'typebox';
import { Compile } from 'typebox/compile';
import { listMarketIds } from '../../devices/index.ts';
import { INSTALLATION, recordAudit } from '../../identity/audit.ts';
import type { Context } from '../../platform/context.ts';
import { headendError } from '../errors.ts';

/** A list of `DtuConvention`, for modems that say who they are in ways of their own. */
const SETTING = 'headend.dtu_conventions';
const MOST_OWN = MAX_CONVENTIONS - DEFAULT_CONVENTIONS.length;

const strict = { additionalProperties: false } as const;
const shape = Compile(
  Type.Object(
    {
      name: Type.String({ minLength: 1, maxLength: 64 }),
      register: Type.Union([
        Type.Object({ pattern: Type.String({ maxLength: 200 }) }, strict),
        Type.Object({ bytes: Type.Integer() }, strict),
        Type.Object(
          { hex: Type.String({ maxLength: 200 }), key: Type.String({ minLength: 1, maxLength: 64 }) },
          strict,
        ),
      ]),
      on: Type.Enum(['connect', 'every_packet']),
      heartbeats: Type.Array(Type.String({ maxLength: 200 })),
    },
    strict,
  ),
);

/** How modems register: the installation's own conventions first, then the usual ones. One that cannot be is left out. */
export async function loadConventions({ db, log }: Pick<Context, 'db' | 'log'>): Promise<readonly DtuConvention[]> {
  const rows = await db.query<{ value: unknown }>('select value from setting where name = $1', [SETTING]);
  const own: readonly unknown[] = Array.isArray(rows[0]?.value) ? rows[0].value : [];
  const usable = own.filter((convention): convention is DtuConvention => {
    const reason = reasonAgainst(convention);
    if (reason !== null) log.warn({ setting: SETTING, convention, reason }, 'a DTU convention cannot be used');
    return reason === null;
  });
  return [...usable.slice(0, MOST_OWN), ...DEFAULT_CONVENTIONS];
}

/**
 * Puts these in the place of the installation's own conventions; a program that runs has them at once.
 * @throws headend.bad_convention which of them cannot be used, and why
 */
export async function saveConventions(
  { db, clock }: Pick<Context, 'db' | 'clock'>,
  operatorId: string,
  conventions: unknown,
): Promise<void> {
  if (!Array.isArray(conventions) || conventions.length > MOST_OWN) {
    throw headendError('headend.bad_convention', `a list of at most ${MOST_OWN} conventions`);
  }
  for (const [at, convention] of conventions.entries()) {
    const reason = reasonAgainst(convention);
    if (reason !== null) throw headendError('headend.bad_convention', `number ${at + 1}: ${reason}`);
  }
  await db.tx(async (tx) => {
    const [before] = await tx.query<{ value: unknown }>('select value from setting where name = $1 for update', [
      SETTING,
    ]);
    await tx.query(
      `insert into setting (name, value) values ($1, $2) on conflict (name) do update set value = excluded.value`,
      [SETTING, JSON.stringify(conventions)],
    );
    await recordAudit(tx, {
      at: clock.now(),
      marketId: INSTALLATION,
      operatorId,
      action: 'headend.set_dtu_conventions',
      subject: `setting:${SETTING}`,
      before: before?.value,
      after: conventions,
    });
    for (const marketId of await listMarketIds(tx)) await tx.notify('device', marketId);
  });
}

/** Why it cannot be used: it is of another shape, or could be found anywhere. */
function reasonAgainst(convention: unknown): string | null {
  if (!shape.Check(convention)) {
    const [first] = shape.Errors(convention);
    return `${first?.instancePath || 'it'} ${first?.message}`;
  }
  try {
    createSniffer([convention]);
    return null;
  } catch (error) {
    if (isProtocolError(error)) return error.message;
    throw error;
  }
}
