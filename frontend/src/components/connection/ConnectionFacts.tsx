import { FormattedMessage, useIntl } from 'react-intl';
import { type Connection, useSession } from '../../api';
import { ExternalLink, Facts, When } from '../ui';

/** The connection to the site, without its token. */
export function ConnectionFacts({ connection }: { connection: Connection }) {
  const intl = useIntl();
  const attachments = useSession().data?.features.attachments;
  return (
    <Facts
      facts={[
        { name: intl.formatMessage({ id: 'connection.site', defaultMessage: 'Instance' }), value: <ExternalLink href={connection.siteUrl}>{connection.siteUrl}</ExternalLink> },
        { name: intl.formatMessage({ id: 'connection.account', defaultMessage: 'Account' }), value: connection.accountName ? `${connection.accountName} (${connection.email})` : connection.email },
        { name: intl.formatMessage({ id: 'connection.workspace', defaultMessage: 'Workspace ID' }), value: connection.workspaceId },
        {
          name: intl.formatMessage({ id: 'connection.token', defaultMessage: 'API Token' }),
          value: connection.tokenHint ? <FormattedMessage id="connection.token.hint" defaultMessage="ends in {hint}" values={{ hint: <code>{connection.tokenHint}</code> }} /> : undefined,
        },
        { name: intl.formatMessage({ id: 'connection.storage', defaultMessage: 'Backup storage' }), value: connection.storage?.label },
        {
          name: intl.formatMessage({ id: 'connection.attachments', defaultMessage: 'Attachments status' }),
          value: attachments ? <FormattedMessage id="connection.attachments.on" defaultMessage="Part of Stowage, no other app is needed" /> : undefined,
        },
        { name: intl.formatMessage({ id: 'connection.synced', defaultMessage: 'Last sync' }), value: connection.syncedAt ? <When at={connection.syncedAt} /> : undefined },
      ]}
    />
  );
}
