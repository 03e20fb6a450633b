import type { Messages } from './zh-CN.ts';

export const wallEn: Pick<Messages, 'wall'> = {
  wall: {
    heading: 'Wall screen',
    leave: 'Leave the wall screen',
    fullScreen: 'Full screen',
    endFullScreen: 'End full screen',
    states: 'Stalls by state',
    stalls: '{n} stall | {n} stalls',
    grid: 'Stalls by state, building after building',
    waiting: 'Exceptions and holds',
    endsSoon:
      'This screen signs out when your session ends. Sign it in as {role}: who can only look stays signed in for as long as it is on.',
  },
};
