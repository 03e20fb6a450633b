import { withFilter } from '../collector/links.ts';
import { dayOr } from '../reports/spans.ts';
import type { ListQuery } from './list-query.ts';
import type { ServerList } from './use-server-list.ts';

/*
 * What an address chose of a list, as the list's route is asked for it: what makes no sense there is left out.
 */

type Filters = ListQuery['filters'];
const ID = /^[0-9a-f-]{36}$/i;

/** The choice of a filter, where it is one of these. */
export const oneOf = <const T extends string>(all: readonly T[], value: string | undefined): T | undefined =>
  all.find((one) => one === value);

export const idOr = (value: string | undefined): string | undefined => (value && ID.test(value) ? value : undefined);

export function sortOf<const T extends string>(sorts: readonly T[], sort: string): { sort?: T; descending?: boolean } {
  const key = oneOf(sorts, sort.replace(/^-/, ''));
  return key ? { sort: key, descending: sort.startsWith('-') } : {};
}

export function daysOf(filters: Filters): { from?: string; to?: string } {
  const [from, to] = [dayOr(filters['from'], ''), dayOr(filters['to'], '')];
  return { ...(from && { from }), ...(to && { to }) };
}

/** What a filter above a list is made of. */
export const filterOf = <Row>(list: ServerList<Row>, name: string) => ({
  value: list.query.value.filters[name] ?? '',
  choose: (value: string) => list.go({ filters: withFilter(list.query.value.filters, name, value) }),
});
