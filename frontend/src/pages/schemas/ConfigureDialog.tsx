import Button from '@atlaskit/button/new';
import Modal, { ModalBody, ModalFooter, ModalHeader, ModalTitle, ModalTransition } from '@atlaskit/modal-dialog';
import { useState } from 'react';
import { FormattedMessage, useIntl } from 'react-intl';
import { type Schema, useDeleteSchema } from '../../api';
import { Confirm, ExternalLink, Facts, formatUtc, formatWhen, TypeToConfirm } from '../../components/ui';
import { useHost } from '../../lib/HostContext';
import styles from './Schemas.module.css';
import { locationName, statusName, statusReason } from './words';

/** What is known about a schema, and the way to delete it from the app. */
export function ConfigureDialog({ schema, onClose }: { schema: Schema | undefined; onClose: () => void }) {
  const [deleting, setDeleting] = useState(false);
  const close = () => {
    setDeleting(false);
    onClose();
  };
  return (
    <>
      <ModalTransition>{schema && !deleting ? <Information schema={schema} onDelete={() => setDeleting(true)} onClose={close} /> : null}</ModalTransition>
      <DeleteDialog schema={deleting ? schema : undefined} onDone={close} onCancel={() => setDeleting(false)} />
    </>
  );
}

function Information({ schema, onDelete, onClose }: { schema: Schema; onDelete: () => void; onClose: () => void }) {
  const intl = useIntl();
  const moment = (at: string | undefined) => (at ? `${formatWhen(intl, at)} (${formatUtc(intl, at)})` : undefined);
  return (
    <Modal onClose={onClose} width="medium">
      <ModalHeader hasCloseButton>
        <ModalTitle>{schema.name}</ModalTitle>
      </ModalHeader>
      <ModalBody>
        <Facts
          facts={[
            { name: intl.formatMessage({ id: 'configure.key', defaultMessage: 'Key' }), value: schema.key },
            { name: intl.formatMessage({ id: 'configure.description', defaultMessage: 'Description' }), value: schema.description },
            { name: intl.formatMessage({ id: 'configure.objects', defaultMessage: 'Objects' }), value: intl.formatNumber(schema.objects) },
            { name: intl.formatMessage({ id: 'configure.instance', defaultMessage: 'Instance' }), value: <ExternalLink href={schema.instance.url}>{schema.instance.url}</ExternalLink> },
            { name: intl.formatMessage({ id: 'configure.location', defaultMessage: 'Location' }), value: locationName(intl, schema.location) },
            { name: intl.formatMessage({ id: 'configure.status', defaultMessage: 'Status' }), value: [statusName(intl, schema.status), statusReason(intl, schema)].filter(Boolean).join('. ') },
            { name: intl.formatMessage({ id: 'configure.last', defaultMessage: 'Last backup' }), value: moment(schema.lastBackup?.at) },
            { name: intl.formatMessage({ id: 'configure.next', defaultMessage: 'Next backup' }), value: moment(schema.backups.nextAt) },
            { name: intl.formatMessage({ id: 'configure.error', defaultMessage: 'Last error' }), value: schema.lastError ? `${moment(schema.lastError.at)}: ${schema.lastError.message}` : undefined },
            {
              name: intl.formatMessage({ id: 'configure.assets', defaultMessage: 'In Assets' }),
              value:
                schema.status === 'Deleted' ? undefined : (
                  <ExternalLink assets href={schema.assetsUrl}>
                    <FormattedMessage id="configure.open" defaultMessage="Open the schema" />
                  </ExternalLink>
                ),
            },
          ]}
        />
      </ModalBody>
      <ModalFooter>
        <div className={styles.apart}>
          <Button appearance="danger" onClick={onDelete}>
            <FormattedMessage id="configure.delete" defaultMessage="Delete schema" />
          </Button>
          <Button appearance="primary" onClick={onClose}>
            <FormattedMessage id="configure.close" defaultMessage="Close" />
          </Button>
        </div>
      </ModalFooter>
    </Modal>
  );
}

function DeleteDialog({ schema, onDone, onCancel }: { schema: Schema | undefined; onDone: () => void; onCancel: () => void }) {
  const intl = useIntl();
  const host = useHost();
  const remove = useDeleteSchema();

  function confirm() {
    if (!schema) return;
    remove.mutate(
      { id: schema.id, name: schema.name },
      {
        onSuccess: () => {
          host.flag({ kind: 'success', title: intl.formatMessage({ id: 'delete.done', defaultMessage: '{name} was deleted from Stowage' }, { name: schema.name }) });
          onDone();
        },
      },
    );
  }

  return (
    <Confirm
      open={schema !== undefined}
      danger
      title={intl.formatMessage({ id: 'delete.title', defaultMessage: 'Delete schema {name}?' }, { name: schema?.name ?? '' })}
      confirm={intl.formatMessage({ id: 'delete.confirm', defaultMessage: 'Delete schema' })}
      typed={{ label: intl.formatMessage({ id: 'delete.field', defaultMessage: 'Schema name' }), text: schema?.name ?? '' }}
      busy={remove.isPending}
      error={remove.error}
      onConfirm={confirm}
      onCancel={() => {
        remove.reset();
        onCancel();
      }}
    >
      {schema?.status === 'Deleted' ? (
        <p>
          <FormattedMessage id="delete.forever" defaultMessage="This schema does not exist in Assets any more. It will be permanently deleted from Stowage, <b>with all its backups</b>. This cannot be undone." values={{ b: (text) => <strong>{text}</strong> }} />
        </p>
      ) : (
        <p>
          <FormattedMessage id="delete.returns" defaultMessage="The schema is taken off the list of Stowage. In Assets nothing changes, and while it exists there it comes back with the next sync." />
        </p>
      )}
      <TypeToConfirm name={schema?.name ?? ''} />
    </Confirm>
  );
}
