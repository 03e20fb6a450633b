import type { Messages } from './zh-CN.ts';

export const safetyEn: Pick<Messages, 'safety'> = {
  safety: {
    heading: 'Emergency cut',
    on: 'The whole site is cut',
    off: 'There is no emergency cut.',
    look: 'Look',
    counts: '{meters} meters can be switched, {off} read back as off',
    hint: 'For fire or flood: every relay opens and every valve closes, whatever balances and overrides say, until supply is restored. NB valves close when they next wake.',
    cut: 'Cut the whole site',
    restore: 'Restore supply',
    confirm: 'Type the market’s name “{name}” to confirm',
    placeholder: 'For example: fire in hall 2',
    lockOut: 'Lock out for safety',
    lift: 'Lift the lock-out',
    consequence: {
      cut: 'Opens every relay and closes every valve of the site now, protected stalls too.',
      restore: 'Every meter goes back to its rules; who has no balance stays off.',
      lockOut: 'Off now, and it stays off: no top-up and no override brings it back until the lock-out is lifted.',
      lift: 'The meter goes back to its rules.',
    },
  },
};
