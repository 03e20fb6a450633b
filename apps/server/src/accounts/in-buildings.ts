/**
 * SQL: whether an account has a stall in one of the buildings of a parameter now, or will have one once it is opened. Of a
 * parameter that is null, every account is.
 * @param account a row of the table, by its name in the statement, whose $1 is the market
 */
export const inBuildings = (account: string, parameter: string): string => `(${parameter}::uuid[] is null or exists (
  select from stall
  where stall.market_id = $1 and stall.building_id = any(${parameter})
    and (stall.stall_id = any(${account}.prepared_stalls)
         or exists (select from tenancy
                    where tenancy.market_id = $1 and tenancy.stall_id = stall.stall_id and tenancy.to_at is null
                      and tenancy.account_id = ${account}.account_id))))`;
