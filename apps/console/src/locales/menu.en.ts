export const menuEn = {
  menu: {
    label: 'Main menu',
    more: 'More',
    all: 'All pages',
    group: {
      today: 'Today',
      customers: 'Customers',
      money: 'Money',
      meters: 'Meters',
      rules: 'Rules',
      administration: 'Administration',
    },
    page: {
      'stall-register': 'Stall register',
      stalls: 'Stalls',
      accounts: 'Accounts',
      exceptions: 'Exceptions',
      approvals: 'Approvals',
      meters: 'Meters',
      gateways: 'Gateways',
      collector: 'Collector',
      field: 'Field',
      unclaimed: 'Unclaimed',
      emergency: 'Emergency',
    },
  },
};
