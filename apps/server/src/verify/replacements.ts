import { meterModels } from '@openprepay/protocols';
import type { Rule } from './rule.ts';

const MODELS = Object.values(meterModels);

export const replacementRules: readonly Rule[] = [
  {
    name: 'every replacement has the last reading of the old meter and the first of the new one',
    counts: 'select count(*) from meter_replacement where market_id = $1',
    problems: `
      select format('meter %s took the place of %s at %s: %s', new_meter_id, old_meter_id, at,
                    case when final.total is null then 'no final reading' else 'no start reading' end) as problem
      from meter_replacement replaced
      left join reading final
        on final.market_id = $1 and final.meter_id = old_meter_id and final.read_at = at and final.quality = 'good'
      left join reading start
        on start.market_id = $1 and start.meter_id = new_meter_id and start.read_at = at and start.quality = 'good'
      where replaced.market_id = $1 and (final.total is null or start.total is null)`,
  },
  {
    name: 'a register wraps within its modulus, and its turns are never taken back',
    counts: `select count(*) from reading where market_id = $1 and quality = 'good' and turnovers > 0`,
    values: async () => [MODELS.map(({ model }) => model), MODELS.map(({ modulus }) => modulus)],
    problems: `
      with turned as (
        select meter_id, read_at, total, turnovers, lag(turnovers) over (partition by meter_id order by read_at) as before
        from reading where market_id = $1 and quality = 'good'
      )
      select format('meter %s shows %s after %s turns at %s, %s before', turned.meter_id, total, turnovers, read_at,
                    coalesce(before, 0)) as problem
      from turned
      join meter on meter.market_id = $1 and meter.meter_id = turned.meter_id
      left join unnest($2::text[], $3::bigint[]) as known (model, modulus) using (model)
      where turnovers < before or turnovers > 0
        and not coalesce(total - turnovers * modulus * ct_ratio between 0 and modulus * ct_ratio - 1, false)`,
  },
  {
    name: 'an open hold is of a suspect reading',
    counts: 'select count(*) from hold where market_id = $1 and released_at is null',
    problems: `
      select format('hold %s of meter %s: its reading of %s is %s', hold_id, hold.meter_id, hold.read_at, reading.quality)
        as problem
      from hold
      join reading
        on reading.market_id = $1 and reading.meter_id = hold.meter_id and reading.read_at = hold.read_at
      where hold.market_id = $1 and hold.released_at is null and reading.quality <> 'suspect'`,
  },
];
