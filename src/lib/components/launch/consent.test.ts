import { expect, test } from 'vitest';
import { consentWords } from './consent';

test('a command of the config and the own ssh are different questions', () => {
  for (const keyword of ['ProxyCommand', 'Match exec'])
    expect(consentWords({ keyword }).title).toBe('Allow a command on this machine?');
  for (const keyword of ['PKCS11Provider', 'KnownHostsCommand', 'GSSAPIAuthentication'])
    expect(consentWords({ keyword }).allow).toBe('Use my own ssh');
});
