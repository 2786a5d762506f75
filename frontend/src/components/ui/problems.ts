import { defineMessages, type IntlShape } from 'react-intl';
import { ApiProblem } from '../../api';

const messages = defineMessages({
  unreachableTitle: { id: 'problem.unreachable.title', defaultMessage: 'Stowage cannot be reached' },
  unreachable: { id: 'problem.unreachable', defaultMessage: 'No answer came from the service. Check your connection, then try again.' },
  signedOutTitle: { id: 'problem.signedOut.title', defaultMessage: 'Your session has ended' },
  signedOut: { id: 'problem.signedOut', defaultMessage: 'Reload the page to sign in to Jira again.' },
  forbiddenTitle: { id: 'problem.forbidden.title', defaultMessage: 'Only Jira administrators can use Stowage' },
  forbidden: { id: 'problem.forbidden', defaultMessage: 'Ask an administrator of your Jira site for the permission “Administer Jira”, then reload the page.' },
  licenceTitle: { id: 'problem.licence.title', defaultMessage: 'There is no active licence' },
  missingTitle: { id: 'problem.missing.title', defaultMessage: 'This is not here any more' },
  missing: { id: 'problem.missing', defaultMessage: 'It may have been deleted. Go back to the list and look again.' },
  busyTitle: { id: 'problem.busy.title', defaultMessage: 'Too many requests' },
  busy: { id: 'problem.busy', defaultMessage: 'Wait a moment, then try again.' },
  serverTitle: { id: 'problem.server.title', defaultMessage: 'Something went wrong in Stowage' },
  server: { id: 'problem.server', defaultMessage: 'Nothing was changed by this page. Try again; if it keeps happening, ask for help and name the request below.' },
  otherTitle: { id: 'problem.other.title', defaultMessage: 'This did not work' },
  other: { id: 'problem.other', defaultMessage: 'Reload the page and try again.' },
});

/** What a failure is called, and one sentence that ends in what to do next. */
export interface Explanation {
  title: string;
  text: string;
  requestId?: string | undefined;
  /** Whether trying again unchanged may help. */
  again: boolean;
}

/** Says a failure to people. What the service itself says about it comes before anything general. */
export function explain(intl: IntlShape, error: unknown): Explanation {
  const say = intl.formatMessage;
  if (!(error instanceof ApiProblem)) return { title: say(messages.otherTitle), text: say(messages.other), again: false };
  const { status, code, requestId, message } = error;
  const known = (title: keyof typeof messages, text: keyof typeof messages, again = false): Explanation => ({
    title: say(messages[title]),
    text: message || say(messages[text]),
    requestId: status >= 500 ? requestId : undefined,
    again,
  });
  if (status === 0) return known('unreachableTitle', 'unreachable', true);
  if (status === 401) return { ...known('signedOutTitle', 'signedOut'), text: say(messages.signedOut) };
  if (status === 402 || code.startsWith('licence')) return known('licenceTitle', 'other');
  if (code === 'forbidden') return { ...known('forbiddenTitle', 'forbidden'), text: say(messages.forbidden) };
  if (status === 404 || status === 410) return known('missingTitle', 'missing');
  if (status === 429) return known('busyTitle', 'busy', true);
  if (status >= 500) return known('serverTitle', 'server', true);
  return known('otherTitle', 'other');
}
