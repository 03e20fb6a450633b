/** A list's place in the address: what is searched and chosen, in which order, and which page. */
export interface ListQuery {
  readonly search: string;
  /** A column's key, with a minus before it from the greatest down; empty for the list's own order. */
  readonly sort: string;
  /** From 0. */
  readonly page: number;
  /** By name of the filter; one that is not chosen is not there. */
  readonly filters: Readonly<Record<string, string>>;
}

/** What the router gives and takes. */
type Address = Readonly<Record<string, unknown>>;

const MAX_SEARCH = 64;
const MAX_PAGE = 100_000;

/** Reads an address that anybody may have written: what makes no sense is left out. */
export function listQueryOf(address: Address, filterNames: readonly string[]): ListQuery {
  const word = (name: string) => (typeof address[name] === 'string' ? address[name] : '');
  const page = Number(word('page') || '1');
  return {
    search: word('q').slice(0, MAX_SEARCH),
    sort: /^-?\w{1,40}$/.test(word('sort')) ? word('sort') : '',
    page: Number.isInteger(page) && page >= 1 && page <= MAX_PAGE ? page - 1 : 0,
    filters: Object.fromEntries(filterNames.map((name) => [name, word(name)]).filter(([, value]) => value !== '')),
  };
}

/** The address of a list's state: only what differs from its beginning. */
export function addressOf({ search, sort, page, filters }: ListQuery): Record<string, string> {
  return {
    ...(search === '' ? {} : { q: search }),
    ...(sort === '' ? {} : { sort }),
    ...(page === 0 ? {} : { page: String(page + 1) }),
    ...filters,
  };
}

/** What a click on a column's head makes of the order: up, down, and back to the list's own. */
export function nextSort(sort: string, key: string): string {
  if (sort === key) return `-${key}`;
  return sort === `-${key}` ? '' : key;
}
