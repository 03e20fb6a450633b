import { dayOr } from '../reports/spans.ts';
import type { ServerList } from './use-server-list.ts';

/** What is chosen of a list's filters, by name; one that is not chosen is not there. */
type Filters = Readonly<Record<string, string>>;

/** Filters with one chosen, or with none where the choice is empty. */
export function withFilter(filters: Filters, name: string, value: string): Record<string, string> {
  const { [name]: _, ...others } = filters;
  return value === '' ? others : { ...others, [name]: value };
}

/** What a select or a day of a list is bound to, by the filter's name. */
export const filtersOf =
  <Row>(list: ServerList<Row>) =>
  (name: string) => ({
    value: list.query.value.filters[name] ?? '',
    choose: (value: string) => list.go({ filters: withFilter(list.query.value.filters, name, value) }),
  });

/** The choice of a filter, where it is one of these. */
export const oneOf = <const T extends string>(all: readonly T[], value: string | undefined): T | undefined =>
  all.find((one) => one === value);

export const idOr = (value: string | undefined): string | undefined =>
  value && /^[0-9a-f-]{36}$/i.test(value) ? value : undefined;

export function daysOf(filters: Filters): { from?: string; to?: string } {
  const [from, to] = [dayOr(filters['from'], ''), dayOr(filters['to'], '')];
  return { ...(from && { from }), ...(to && { to }) };
}

/** The order an address asks for, where the list can be sorted so. */
export function sortIn<const Key extends string>(
  sorts: readonly Key[],
  sort: string,
): { sort?: Key; descending?: boolean } {
  const key = oneOf(sorts, sort.replace(/^-/, ''));
  return key ? { sort: key, descending: sort.startsWith('-') } : {};
}

/** Whether a list leaves anything out. */
export const isNarrowed = <Row>({ query }: ServerList<Row>): boolean =>
  query.value.search !== '' || Object.keys(query.value.filters).length > 0;
