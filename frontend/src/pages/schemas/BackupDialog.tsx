import { HelperMessage, Label } from '@atlaskit/form';
import TextArea from '@atlaskit/textarea';
import Toggle from '@atlaskit/toggle';
import { useId, useState } from 'react';
import { FormattedMessage, useIntl } from 'react-intl';
import { type BackupPhaseName, type Schema, useSession, useStartBackup } from '../../api';
import { Confirm } from '../../components/ui';
import { useHost } from '../../lib/HostContext';
import styles from './Schemas.module.css';

/** The most that a description may hold. */
const LONGEST = 1000;

/** What a backup reads beside the objects when attachments are left out. Without a choice it reads everything. */
const NO_ATTACHMENTS = ['history', 'comments', 'avatars', 'issues'] as const satisfies readonly BackupPhaseName[];

interface BackupDialogProps {
  /** The schema to ask about; without one nothing is asked. */
  schema: Schema | undefined;
  onClose: () => void;
}

/** Asks before a schema is backed up, and what the backup shall be remembered by. */
export function BackupDialog({ schema, onClose }: BackupDialogProps) {
  // Every question begins with an empty description.
  return <Dialog key={schema?.id ?? ''} schema={schema} onClose={onClose} />;
}

function Dialog({ schema, onClose }: BackupDialogProps) {
  const intl = useIntl();
  const host = useHost();
  const id = useId();
  const start = useStartBackup();
  const offered = useSession().data?.features.attachments ?? false;
  const [description, setDescription] = useState('');
  const [attachments, setAttachments] = useState(true);

  function confirm() {
    if (!schema) return;
    start.mutate(
      { id: schema.id, description: description.trim(), ...(offered && !attachments ? { phases: [...NO_ATTACHMENTS] } : {}) },
      {
        onSuccess: () => {
          host.flag({
            kind: 'info',
            title: intl.formatMessage({ id: 'backup.queued', defaultMessage: 'The backup is IN QUEUE' }),
            body: intl.formatMessage({ id: 'backup.queued.text', defaultMessage: '{name} will be backed up. You can leave this page; the backup goes on.' }, { name: schema.name }),
          });
          onClose();
        },
      },
    );
  }

  return (
    <Confirm
      open={schema !== undefined}
      title={intl.formatMessage({ id: 'backup.title', defaultMessage: 'Back up {name} now?' }, { name: schema?.name ?? '' })}
      confirm={intl.formatMessage({ id: 'backup.yes', defaultMessage: 'Yes' })}
      busy={start.isPending}
      error={start.error}
      onConfirm={confirm}
      onCancel={onClose}
    >
      <p>
        <FormattedMessage
          id="backup.text"
          defaultMessage="A schema with many objects may take hours, and backups that run at the same time slow each other down. Please try not to change anything in Assets while the backup is running."
        />
      </p>
      <div className={styles.description}>
        <Label htmlFor={id}>
          <FormattedMessage id="backup.description" defaultMessage="Description" />
        </Label>
        <TextArea id={id} value={description} maxLength={LONGEST} minimumRows={2} resize="smart" aria-describedby={`${id}-help`} onChange={(event) => setDescription(event.currentTarget.value)} />
        <div id={`${id}-help`}>
          <HelperMessage>
            <FormattedMessage id="backup.description.help" defaultMessage="Optional. It can be changed later." />
          </HelperMessage>
        </div>
      </div>
      {offered ? (
        <div className={styles.attachments}>
          <Toggle id={`${id}-attachments`} isChecked={attachments} onChange={(event) => setAttachments(event.currentTarget.checked)} />
          <label htmlFor={`${id}-attachments`}>
            <FormattedMessage id="backup.attachments" defaultMessage="Back up attachments" />
          </label>
        </div>
      ) : null}
    </Confirm>
  );
}
