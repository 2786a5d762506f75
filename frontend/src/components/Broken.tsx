import Button from '@atlaskit/button/default/button';
import { FormattedMessage, useIntl } from 'react-intl';
import { Page } from './ui/Page';
import { Problem } from './ui/Problem';
import { Empty } from './ui/States';

/** A page that broke while it was drawn. The frame around it stays, so that one can go elsewhere. */
export function Broken({ error, reset }: { error: unknown; reset?: () => void }) {
  const intl = useIntl();
  return (
    <Page title={intl.formatMessage({ id: 'broken.title', defaultMessage: 'This page could not be shown' })}>
      <Problem error={error} />
      <div>
        <Button appearance="primary" onClick={reset ?? (() => window.location.reload())}>
          <FormattedMessage id="broken.again" defaultMessage="Show it again" />
        </Button>
      </div>
    </Page>
  );
}

/** An address that leads nowhere. */
export function NoPage() {
  const intl = useIntl();
  return (
    <Page title={intl.formatMessage({ id: 'nopage.title', defaultMessage: 'Page not found' })}>
      <Empty title={intl.formatMessage({ id: 'nopage.empty', defaultMessage: 'There is no page at this address' })}>
        <FormattedMessage id="nopage.text" defaultMessage="It may have moved. Choose one of the pages above." />
      </Empty>
    </Page>
  );
}
