import type { PlaceIds } from './handlers.ts';

type Found = { -readonly [K in keyof PlaceIds]: string[] };
type Kind = keyof PlaceIds;

/** What a path may name. Anything else is in nobody's building: whoever adds a kind of place says here what it is. */
const OF_PATH: Readonly<Record<string, Kind>> = {
  stallId: 'stallIds',
  meterId: 'meterIds',
  accountId: 'accountIds',
  txId: 'txIds',
  photoId: 'photoIds',
  holdId: 'holdIds',
  shiftId: 'shiftIds',
  buildingId: 'buildingIds',
};

/**
 * What lies in no building, and is asked for by those of one all the same: a plan prices them too, and of what was done to
 * many meters the handler answers with theirs.
 */
export const ACROSS: readonly string[] = ['planId', 'batchId', 'massId'];

/** Wherever in a body. The id of an account may be one that the caller has just made up for it. */
const OF_BODY: Readonly<Record<string, Kind>> = {
  stallId: 'stallIds',
  stallIds: 'stallIds',
  meterId: 'meterIds',
  meterIds: 'meterIds',
  accountId: 'newAccountIds',
};

interface Named {
  readonly params: Readonly<Record<string, string>>;
  readonly body: unknown;
  /** The path's account must be in it with all its stalls. */
  readonly whole: boolean;
}

/** The places a validated call names; null where it names something that is in no building. */
export function placesIn({ params, body, whole }: Named): PlaceIds | null {
  const found: Found = {
    stallIds: [],
    meterIds: [],
    accountIds: [],
    wholeAccountIds: [],
    newAccountIds: [],
    txIds: [],
    photoIds: [],
    holdIds: [],
    shiftIds: [],
    buildingIds: [],
  };
  for (const [name, id] of Object.entries(params)) {
    if (ACROSS.includes(name)) continue;
    const kind = OF_PATH[name];
    if (kind === undefined) return null;
    found[kind === 'accountIds' && whole ? 'wholeAccountIds' : kind].push(id);
  }
  collect(body, found);
  return found;
}

function collect(part: unknown, found: Found): void {
  if (Array.isArray(part)) for (const item of part) collect(item, found);
  else if (typeof part === 'object' && part !== null) {
    for (const [name, value] of Object.entries(part)) {
      const kind = OF_BODY[name];
      if (kind === undefined) collect(value, found);
      else found[kind].push(...[value].flat().map(String));
    }
  }
}
