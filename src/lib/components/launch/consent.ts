// What a person is asked to allow, in words, by its kind.
import type { CommandConsent } from '$lib/wire';

/** The words of the question. */
export interface ConsentWords {
  title: string;
  /** What it is for, after "To reach HOST,". */
  purpose: string;
  decline: string;
  allow: string;
}

/** Settings whose own text is the command. */
const COMMANDS = ['ProxyCommand', 'Match exec'];

const COMMAND: ConsentWords = {
  title: 'Allow a command on this machine?',
  purpose:
    'your SSH config runs this command on this machine, with your permissions. If you allow it, it runs from now on without asking, for every host that uses it.',
  decline: 'Don’t run',
  allow: 'Allow this command',
};

const OWN_SSH: ConsentWords = {
  title: 'Use your own ssh for this host?',
  purpose:
    'your SSH config asks for something that only your own ssh can do. If you allow it, ssh makes the connection from now on without asking; this app then asks you whatever ssh asks.',
  decline: 'Don’t connect',
  allow: 'Use my own ssh',
};

/** The words for a consent: to a command of the config, or to the person's own `ssh` for what the app does not do itself. */
export function consentWords({ keyword }: Pick<CommandConsent, 'keyword'>): ConsentWords {
  return COMMANDS.includes(keyword) ? COMMAND : OWN_SSH;
}
