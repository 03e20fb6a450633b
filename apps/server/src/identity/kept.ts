import type { KeptList, KeptListChange, ListName } from '@openprepay/contract';
import type { Queryable, Row } from '../platform/database.ts';
import { identityError } from './errors.ts';

/*
 * How operators like their lists. It is nobody else's, changes no business and so is in no audit; the contract bounds each
 * list and names them all, so an operator has no more rows than there are lists.
 */

export function keptLists(db: Queryable, operatorId: string): Promise<KeptList[]> {
  return db.query<KeptList & Row>(
    `select list, columns, views, page_size as "pageSize" from kept_list where operator_id = $1 order by list`,
    [operatorId],
  );
}

/**
 * Keeps what is said and leaves the rest as it is.
 * @throws identity.named_twice for two columns or two views of one name
 */
export async function keepList(
  db: Queryable,
  operatorId: string,
  list: ListName,
  { columns, views, pageSize }: KeptListChange,
): Promise<void> {
  requireDifferent(columns?.map(({ key }) => key));
  requireDifferent(views?.map(({ name }) => name.trim()));
  const json = (value: unknown) => (value === undefined ? null : JSON.stringify(value));
  await db.query(
    `insert into kept_list as kept (operator_id, list, columns, views, page_size)
     values ($1, $2, coalesce($3::jsonb, '[]'), coalesce($4::jsonb, '[]'), coalesce($5::integer, 50))
     on conflict (operator_id, list) do update set
       columns = coalesce($3::jsonb, kept.columns), views = coalesce($4::jsonb, kept.views),
       page_size = coalesce($5::integer, kept.page_size)`,
    [operatorId, list, json(columns), json(views), pageSize ?? null],
  );
}

function requireDifferent(names: readonly string[] = []): void {
  if (new Set(names).size < names.length) throw identityError('identity.named_twice', 'two have the same name');
}
