import type { Rule } from './rule.ts';

/** A command past its limit is ended by the head-end's next look; so much business time it has. */
const COMMAND_GRACE_S = 900;

export const meterRules: readonly Rule[] = [
  {
    name: 'good readings of a meter never decrease',
    counts: `select count(*) from reading where market_id = $1 and quality = 'good'`,
    problems: `
      with ordered as (
        select meter_id, read_at, total, lag(total) over (partition by meter_id order by read_at) as before
        from reading where market_id = $1 and quality = 'good'
      )
      select format('meter %s fell from %s to %s at %s', meter_id, before, total, read_at) as problem
      from ordered where total < before`,
  },
  {
    name: 'every suspect reading is under an open hold',
    counts: `select count(*) from reading where market_id = $1 and quality = 'suspect'`,
    problems: `
      select format('meter %s has %s suspect readings and no open hold', meter_id, count(*)) as problem
      from reading
      where market_id = $1 and quality = 'suspect' and not exists (
        select from hold
        where hold.market_id = $1 and hold.meter_id = reading.meter_id and hold.released_at is null)
      group by meter_id`,
  },
  {
    name: 'no command is unconfirmed past its limit',
    counts: 'select count(*) from command where market_id = $1',
    values: async (_, { now }) => [new Date(now.getTime() - COMMAND_GRACE_S * 1_000)],
    problems: `
      select format('command %s (%s) to meter %s is %s since %s', command_id, coalesce(wanted, kind), meter_id, state,
                    created_at) as problem
      from command
      where market_id = $1 and finished_at is null and expires_at < $2`,
  },
  {
    name: 'a meter that did not do what is wanted is on the exception list',
    counts: `select count(*) from meter_control where market_id = $1 and wanted is not null`,
    problems: `
      select format('meter %s is %s, wanted %s; its last command %s', control.meter_id, state.switch_state,
                    control.wanted, last.state) as problem
      from meter_control control
      join meter_state state on state.market_id = $1 and state.meter_id = control.meter_id
      join lateral (
        select command.state from command
        where command.market_id = $1 and command.meter_id = control.meter_id and command.kind = 'switch'
        order by created_at desc, command_id desc limit 1) last on last.state in ('failed', 'expired')
      where control.market_id = $1 and state.switch_state <> control.wanted and not exists (
        select from device_exception listed
        where listed.market_id = $1 and listed.meter_id = control.meter_id and listed.closed_at is null
          and listed.kind <> 'setting_not_confirmed')`,
  },
];
