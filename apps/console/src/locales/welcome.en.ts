import type { Messages } from './zh-CN.ts';

export const welcomeEn: Pick<Messages, 'welcome'> = {
  welcome: {
    heading: 'Welcome to OpenPrepay',
    hint: 'Step by step from nothing to the first sale: a market, its first meter, a price, an account, a top-up, supply. Leave whenever you like and go on later.',
    onlyAdmin: 'Setting up is done by a {role}.',
    later: 'Later',
    state: { done: 'Done', next: 'Now', later: 'Later' },
    step: {
      market: 'Market',
      building: 'Building',
      stalls: 'Stalls',
      meter: 'First meter',
      price: 'Price',
      account: 'First account',
      topUp: 'First top-up',
      supply: 'Supply is on',
    },
    why: {
      market: 'A market, a dormitory or a park is one market here, with a time zone and books of its own.',
      building: 'The meters of one building are read and settled at the same times.',
      stalls: 'A few are enough. Others are added later, or come from Excel.',
      meter:
        'Set the meter’s server address to this machine and the device port. Once it has called in it is shown here: claim it and choose its stall.',
      price: 'One flat price to begin with. Times of use, steps and parts can come later.',
      account: 'Open an account for the stall with the meter: who uses it, and from which reading on.',
      topUp: 'Take the first payment. With a balance there is supply.',
      supply: 'What counts is what the meter itself reads back.',
    },
    market: {
      name: 'Name of the market',
      code: 'Code',
      codeHint: 'Letters and digits: how the command line and files name this market',
      timeZone: 'Time zone',
      timeZoneHint: 'Business days, settlement and reports go by it',
      make: 'Make the market',
    },
    building: {
      name: 'Name of the building',
      interval: 'Read the meters',
      intervalHint: 'Each reading is settled as it comes; this can be changed later',
      minutes: 'every {n} minute | every {n} minutes',
      make: 'Add the building',
    },
    stalls: {
      codes: 'Stall codes',
      codesHint: 'One a line, for example A-001',
      make: 'Add {n} stall | Add {n} stalls',
      fromExcel: 'Import from Excel',
    },
    meter: {
      none: 'No device has called in yet. Waiting…',
      claim: 'Claim',
      bind: 'Put it at a stall',
      type: 'Enter a meter by hand',
      calling: 'waiting for it to call in',
      reading: 'it is online; waiting for its first reading',
    },
    price: {
      of: { electricity: 'Electricity, yuan per kWh', water: 'Water, yuan per m³' },
      plan: { electricity: 'Standard electricity', water: 'Standard water' },
      publish: 'Publish the price',
      alone:
        'Nobody has an account yet, so you publish this first price alone, and the audit says so. Once there is an account, a second person agrees to every price.',
      second: 'There is an account already, so a second person has to agree to the price:',
    },
    supplyWaits: 'Waiting for the meter to read back that it is on…',
    said: {
      building: '{n} building | {n} buildings',
      meters: '{n} meter | {n} meters',
      accounts: '{n} account | {n} accounts',
    },
    more: { building: 'Another building', stalls: 'More stalls' },
    done: 'All is set up, and supply is on',
    afterwards:
      'Next: give your colleagues logins of their own, import the other stalls and meters, and look at the switching rules.',
  },
};
