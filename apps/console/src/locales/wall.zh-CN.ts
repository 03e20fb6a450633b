export const wallZhCN = {
  wall: {
    heading: '监控大屏',
    leave: '退出大屏',
    fullScreen: '全屏',
    endFullScreen: '退出全屏',
    states: '各状态档位数',
    stalls: '{n} 个档位',
    grid: '档位状态，按楼栋',
    waiting: '异常与挂起',
    endsSoon: '当前登录到期后大屏会退出。请用“{role}”账号登录大屏：它只能查看，显示期间不会退出。',
  },
} as const;
