export const menuZhCN = {
  menu: {
    label: '主菜单',
    more: '更多',
    all: '全部功能',
    group: {
      today: '今日',
      customers: '客户',
      money: '收费',
      meters: '表计',
      rules: '规则',
      administration: '管理',
    },
    page: {
      'stall-register': '档位档案',
      stalls: '房间监控',
      accounts: '账户',
      exceptions: '异常与挂起',
      approvals: '审批',
      meters: '表计档案',
      gateways: '网关',
      collector: '集中抄表',
      field: '现场',
      unclaimed: '未认领设备',
      emergency: '紧急停供',
    },
  },
};
