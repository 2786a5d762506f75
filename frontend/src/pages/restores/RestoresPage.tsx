import { FormattedMessage, useIntl } from 'react-intl';

import { Page } from '../../components/ui';
import { RestoresGrid } from './RestoresGrid';

/** All restores of the site. */
export function RestoresPage() {
  const intl = useIntl();
  return (
    <Page title={intl.formatMessage({ id: 'restores.page', defaultMessage: 'Restores' })}>
      <RestoresGrid empty={<FormattedMessage id="restores.none.page" defaultMessage="Open a schema, choose one of its backups with Select, and restore it from there." />} />
    </Page>
  );
}
