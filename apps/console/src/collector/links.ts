import { filtersOf, oneOf } from '../lists/filters.ts';
import type { ServerList } from '../lists/use-server-list.ts';
import { codeText, text } from '../locales/index.ts';

/** How devices are reached, as the contract names them; a test holds the two together. */
export const LINK_NAMES = ['acrel4g', 'acrelgw', 'dtu', 'mqtt', 'modbus_tcp', 'nb'] as const;
export type LinkName = (typeof LINK_NAMES)[number];

/** The link that a list is narrowed to, for a call's query. */
export function linkOf(filters: Readonly<Record<string, string>>): { link?: LinkName } {
  const link = oneOf(LINK_NAMES, filters['link']);
  return link ? { link } : {};
}

/** What a list's select of links is made of. */
export const linkFilter = <Row>(list: ServerList<Row>) => ({
  label: text('collector.link'),
  all: text('collector.allLinks'),
  choices: LINK_NAMES.map((link) => ({ value: link, label: codeText('link', link) })),
  ...filtersOf(list)('link'),
});
