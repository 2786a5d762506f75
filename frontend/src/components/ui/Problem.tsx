import Button from '@atlaskit/button/default/button';
import SectionMessage from '@atlaskit/section-message';
import { FormattedMessage, useIntl } from 'react-intl';
import { explain } from './problems';

/** A failure, where the thing that failed would stand: what happened, what to do next, and a button where asking again may help. */
export function Problem({ error, onRetry, busy = false }: { error: unknown; onRetry?: (() => void) | undefined; busy?: boolean }) {
  const intl = useIntl();
  const { title, text, requestId, again } = explain(intl, error);
  return (
    <div role="alert">
      <SectionMessage appearance="error" title={title}>
        <p>{text}</p>
        {requestId ? (
          <p>
            <FormattedMessage id="problem.request" defaultMessage="Request: {id}" values={{ id: <code>{requestId}</code> }} />
          </p>
        ) : null}
        {onRetry && again ? (
          <p>
            <Button onClick={onRetry} isLoading={busy}>
              <FormattedMessage id="problem.again" defaultMessage="Try again" />
            </Button>
          </p>
        ) : null}
      </SectionMessage>
    </div>
  );
}
