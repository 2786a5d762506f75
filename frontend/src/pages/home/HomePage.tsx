import { Link } from '@tanstack/react-router';
import { FormattedMessage, useIntl } from 'react-intl';
import { Page, Section } from '../../components/ui';
import { HistoryTable } from '../history/HistoryTable';
import { CurrentConnection } from './CurrentConnection';

/** The home page: the connection as it stands, the way to the schemas, and what was restored. */
export function HomePage() {
  const intl = useIntl();
  return (
    <Page
      title={intl.formatMessage({ id: 'home.title', defaultMessage: 'Home' })}
      lead={
        <FormattedMessage
          id="home.lead"
          defaultMessage="Backups of the Assets schemas of this site. Start with the <a>synced schemas</a>."
          values={{ a: (text) => <Link to="/schemas">{text}</Link> }}
        />
      }
    >
      <CurrentConnection />
      <Section title={intl.formatMessage({ id: 'home.history', defaultMessage: 'History' })}>
        <HistoryTable />
      </Section>
    </Page>
  );
}
