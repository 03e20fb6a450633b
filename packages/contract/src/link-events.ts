/*
 * What the head-end tells of the way to devices, by name. The lists are closed, so that each has words in every language.
 */

/** Nothing is wrong. */
export const ORDINARY_EVENTS = ['session_registered', 'connected', 'asleep', 'meter_answers', 'backfilled'] as const;

/** Something is, or changed without anybody asking for it. */
export const TROUBLE_EVENTS = [
  'session_closed',
  'sessions_replaced',
  'closed_for_garbage',
  'closed_for_new_settings',
  'closed_for_not_reading',
  'closed_for_silence',
  'closed_for_time_outs',
  'closed_to_make_room',
  'closed_unclaimed',
  'closed_without_registration',
  'frames_unexpected',
  'sign_in_refused',
  'sign_ins_refused',
  'dial_failed',
  'packing_impossible',
  'devices_unusable',
  'meter_silent',
  'requests_timed_out',
  'sweep_failed',
  'backfill_failed',
  'device_event',
  'payload_undecodable',
  'suppressed',
] as const;

export type LinkEventName = (typeof ORDINARY_EVENTS)[number] | (typeof TROUBLE_EVENTS)[number];

/** Why a frame is shown as refused, beside the codes of the protocols, `frame.bad_checksum` and the like. */
export const FRAME_TROUBLES = ['not_awaited', 'no_frame', 'unexpected', 'other_family', 'other_address'] as const;
export type FrameTrouble = (typeof FRAME_TROUBLES)[number];
