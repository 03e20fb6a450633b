import { ALL_FAULTS, type Fault } from '@openprepay/simulator';
import { InvalidArgumentError } from 'commander';

export function portNumber(text: string): number {
  const port = Number(text);
  if (!Number.isInteger(port) || port < 0 || port > 65_535) throw new InvalidArgumentError('a port is 0 to 65535');
  return port;
}

export function brokerUrl(text: string): string {
  if (!URL.canParse(text) || !/^mqtts?:$/.test(new URL(text).protocol)) {
    throw new InvalidArgumentError('like mqtt://user:password@broker.example:1883, or mqtts://…');
  }
  return text;
}

export function modemSerial(text: string): string {
  if (!/^\d{14}$/.test(text)) throw new InvalidArgumentError('14 digits');
  return text;
}

export function watts(text: string): number {
  const value = Number(text);
  if (!(value >= 0 && value <= 50_000)) throw new InvalidArgumentError('0 to 50000 watts');
  return value;
}

export function speedFactor(text: string): number {
  const value = Number(text);
  if (!(value > 0 && value <= 3_600)) throw new InvalidArgumentError('a number above 0, at most 3600');
  return value;
}

export function stallCount(text: string): number {
  const count = Number(text);
  if (!Number.isInteger(count) || count < 1 || count > 20_000)
    throw new InvalidArgumentError('a whole number, 1 to 20000');
  return count;
}

export function faultList(text: string): readonly Fault[] {
  if (text === 'all') return ALL_FAULTS;
  return text.split(',').map((name) => {
    const fault = ALL_FAULTS.find((known) => known === name.trim());
    if (!fault) throw new InvalidArgumentError(`no such fault: ${name}; one of ${ALL_FAULTS.join(', ')}`);
    return fault;
  });
}
