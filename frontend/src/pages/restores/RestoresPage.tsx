import { getRouteApi } from '@tanstack/react-router';
import { FormattedMessage, useIntl } from 'react-intl';

import { Page } from '../../components/ui';
import { RestoresGrid } from './RestoresGrid';

const route = getRouteApi('/restores');

/** All restores of the site, or those of one schema. */
export function RestoresPage() {
  const intl = useIntl();
  const { schema } = route.useSearch();
  return (
    <Page title={intl.formatMessage({ id: 'restores.page', defaultMessage: 'Restores' })}>
      <RestoresGrid
        schemaId={schema}
        empty={<FormattedMessage id="restores.none.page" defaultMessage="Open a schema, choose one of its backups with Select, and restore it from there." />}
      />
    </Page>
  );
}
