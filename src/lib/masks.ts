// What may differ from run to run, and does not count when logs are compared.
import type { Mask } from './wire';

/** What is left out when logs are compared, in words. */
export const MASK_WORD: Record<Mask, string> = {
  email: 'Email addresses',
  url: 'URLs',
  host_name: 'Host names',
  ip: 'IP addresses',
  uuid: 'UUIDs',
  trace_id: 'Trace ids',
  sha1: 'SHA-1 hashes',
  md5: 'MD5 hashes',
  git_sha: 'Git commits',
  date: 'Dates',
  time: 'Times',
  duration: 'Durations',
  hex: 'Hexadecimal numbers',
  float: 'Decimal numbers',
  integer: 'Whole numbers',
  quoted: 'Quoted texts',
  temp_path: 'Temporary paths',
  pid: 'Process ids',
  percentage: 'Percentages',
  own: 'Your own masks',
};
