import type { Messages } from './zh-CN.ts';

export const errorsEn: Pick<Messages, 'error'> = {
  error: {
    client: {
      unreachable: 'The server cannot be reached; check the network',
      bad_answer: 'The server gave an answer that makes no sense',
    },
    identity: {
      wrong_credentials: 'Wrong login or password',
      too_many_failures: 'Too many failures; try again in a few minutes',
    },
    http: {
      invalid_request: 'The server did not accept what was entered',
      not_found: 'Not found',
      not_signed_in: 'Please sign in',
      forbidden: 'Your role may not do this',
      cross_origin: 'Refused: the request came from another site',
      too_large: 'Too much was sent',
      unsupported_media_type: 'The server does not take this format',
      too_many_streams: 'Too many pages are open; close some',
      bad_answer: 'The server failed; try again later',
    },
    sites: { no_such_market: 'There is no such market', no_such_stall: 'There is no such stall' },
    accounts: { not_found: 'There is no such account', not_open: 'The account is not open' },
    ledger: { request_reused: 'This sale’s number already belongs to another sale; close and start again' },
    control: {
      no_such_meter: 'There is no such meter',
      override_end_is_past: 'That time has passed already',
      auto_has_no_end: 'Auto needs no end',
    },
    readings: {
      hold_not_found: 'There is no such hold',
      hold_released: 'Someone has released it already',
      accept_would_decrease:
        'This reading is below the last good one; accepting it would charge backwards. Reject it instead.',
      accept_in_future: 'This reading lies in the future; it can only be rejected',
    },
    internal: 'The server failed; try again later',
    other: 'That did not work ({code})',
  },
};
