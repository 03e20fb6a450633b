import { type DataIdEntry, number, rows, signed } from '../format.ts';

/** DI3 = 02: what the meter measures now. */
export const VARIABLE_IDS: readonly DataIdEntry[] = [
  ...rows('recorded', 'A.3', [
    ['0201pp00', 'voltage', number(2, 1, 'V')],
    ['0202pp00', 'current', signed(3, 3, 'A')],
    ['0203qq00', 'active power', signed(3, 4, 'kW')],
    ['0204qq00', 'reactive power', signed(3, 4, 'kvar')],
    ['0205qq00', 'apparent power', signed(3, 4, 'kVA')],
    ['0206qq00', 'power factor', signed(2, 3)],
    ['02800002', 'frequency', number(2, 2, 'Hz')],
    ['02800007', 'temperature inside', signed(2, 1, '°C')],
  ]),
  ...rows('single', 'A.3', [
    ['0207pp00', 'phase angle', number(2, 1, '°')],
    ['0208pp00', 'voltage distortion', signed(2, 2, '%')],
    ['0209pp00', 'current distortion', signed(2, 2, '%')],
    ['020A01hh', 'voltage harmonic, phase A', signed(2, 2, '%')],
    ['020A02hh', 'voltage harmonic, phase B', signed(2, 2, '%')],
    ['020A03hh', 'voltage harmonic, phase C', signed(2, 2, '%')],
    ['020B01hh', 'current harmonic, phase A', signed(2, 2, '%')],
    ['020B02hh', 'current harmonic, phase B', signed(2, 2, '%')],
    ['020B03hh', 'current harmonic, phase C', signed(2, 2, '%')],
    ['02800001', 'neutral current', signed(3, 3, 'A')],
    ['02800003', 'average active power of the last minute', signed(3, 4, 'kW')],
    ['02800004', 'active demand now', signed(3, 4, 'kW')],
    ['02800005', 'reactive demand now', signed(3, 4, 'kvar')],
    ['02800006', 'apparent demand now', signed(3, 4, 'kVA')],
    ['02800008', 'clock battery voltage', number(2, 2, 'V')],
    ['02800009', 'reading battery voltage', number(2, 2, 'V')],
    ['0280000A', 'battery running time', number(4, 0, 'min')],
  ]),
  ...rows('known', 'prepay', [
    ['0280000B', 'price of the current step', number(4, 4, 'yuan/kWh')],
    ['02800020', 'current price', number(4, 4, 'yuan/kWh')],
    ['02800021', 'price of the current tariff', number(4, 4, 'yuan/kWh')],
  ]),
];
