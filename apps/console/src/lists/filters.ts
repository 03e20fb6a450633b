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

/** The order an address asks for, where the list can be sorted so. */
export function sortIn<const Key extends string>(
  sorts: readonly Key[],
  sort: string,
): { sort?: Key; descending?: boolean } {
  const key = sorts.find((one) => one === sort.replace(/^-/, ''));
  return key ? { sort: key, descending: sort.startsWith('-') } : {};
}

/** Whether a list leaves anything out. */
export const isNarrowed = <Row>({ query }: ServerList<Row>): boolean =>
  query.value.search !== '' || Object.keys(query.value.filters).length > 0;
