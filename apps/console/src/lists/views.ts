import type { KeptView } from '@openprepay/contract';
import type { ListQuery } from './list-query.ts';

export const MAX_VIEWS = 30;
export const MAX_VIEW_NAME = 40;

type Question = Pick<ListQuery, 'search' | 'sort' | 'filters'>;

const same = (a: Question, b: Question): boolean =>
  a.search === b.search &&
  a.sort === b.sort &&
  Object.keys({ ...a.filters, ...b.filters }).every((name) => a.filters[name] === b.filters[name]);

/** The saved view that a list shows now; null where it shows none. */
export const viewOf = (views: readonly KeptView[], query: Question): KeptView | null =>
  views.find((view) => same(view, query)) ?? null;

/** With one more under this name; what had the name, or asked the same, gives way. */
export function withView(views: readonly KeptView[], name: string, { search, sort, filters }: Question): KeptView[] {
  const view = { name: name.trim(), search, sort, filters: { ...filters } };
  return [...views.filter((one) => one.name !== view.name && !same(one, view)), view];
}

/** A name that another one has is not given. */
export function renamed(views: readonly KeptView[], from: string, name: string): KeptView[] {
  const to = name.trim();
  const isTaken = to !== from && views.some((one) => one.name === to);
  return views.map((one) => (one.name === from && to !== '' && !isTaken ? { ...one, name: to } : one));
}
