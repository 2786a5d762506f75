import Button from '@atlaskit/button/new';
import AddIcon from '@atlaskit/icon/core/add';
import Modal, { ModalBody, ModalHeader, ModalTitle, ModalTransition } from '@atlaskit/modal-dialog';
import { useNavigate, useSearch } from '@tanstack/react-router';
import { useState } from 'react';
import { FormattedMessage, useIntl } from 'react-intl';
import { type Target, useDeleteTarget, useTargets } from '../../api';
import { type Column, Confirm, DataTable, Empty, ExternalLink, Loading, Page, Problem, When } from '../../components/ui';
import { useHost } from '../../lib/HostContext';
import { locationName } from '../schemas/words';
import { TargetForm } from './TargetForm';
import styles from './Targets.module.css';

/** The instances that backups can be migrated to. */
export function TargetsPage() {
  const intl = useIntl();
  const list = useTargets();
  const search = useSearch({ from: '/targets' });
  const navigate = useNavigate();
  const [leaving, setLeaving] = useState<Target>();
  const open = (next: { add?: true; edit?: string }) => void navigate({ to: '/targets', search: next });

  const add = (
    <Button appearance="primary" iconBefore={AddIcon} onClick={() => open({ add: true })}>
      <FormattedMessage id="targets.add" defaultMessage="Add new" />
    </Button>
  );
  const items = list.data?.items ?? [];
  const edited = items.find((target) => target.id === search.edit);

  const columns: Column<Target>[] = [
    {
      id: 'name',
      names: true,
      title: intl.formatMessage({ id: 'targets.name', defaultMessage: 'Instance name' }),
      cell: (target) => (
        <>
          {target.name}
          <div>
            <ExternalLink href={target.url}>{target.url.replace(/^https:\/\//, '')}</ExternalLink>
          </div>
        </>
      ),
    },
    { id: 'account', title: intl.formatMessage({ id: 'targets.account', defaultMessage: 'Account' }), cell: (target) => target.email },
    { id: 'location', title: intl.formatMessage({ id: 'targets.location', defaultMessage: 'Location' }), cell: (target) => locationName(intl, target.location) },
    { id: 'created', title: intl.formatMessage({ id: 'targets.created', defaultMessage: 'Created at' }), cell: (target) => <When at={target.createdAt} /> },
    {
      id: 'actions',
      actions: true,
      narrow: true,
      title: intl.formatMessage({ id: 'targets.actions', defaultMessage: 'Actions' }),
      cell: (target) => (
        <div className={styles.actions}>
          <Button spacing="compact" onClick={() => open({ edit: target.id })}>
            <FormattedMessage id="targets.edit" defaultMessage="Edit" />
          </Button>
          <Button spacing="compact" onClick={() => setLeaving(target)}>
            <FormattedMessage id="targets.delete" defaultMessage="Delete" />
          </Button>
        </div>
      ),
    },
  ];

  return (
    <Page
      title={intl.formatMessage({ id: 'targets.title', defaultMessage: 'Target instances' })}
      lead={<FormattedMessage id="targets.lead" defaultMessage="Other sites that backups of this one can be migrated to." />}
      actions={items.length > 0 ? add : null}
    >
      {list.isPending ? (
        <Loading />
      ) : !list.data ? (
        <Problem error={list.error} onRetry={() => void list.refetch()} busy={list.isFetching} />
      ) : items.length === 0 ? (
        <Empty title={intl.formatMessage({ id: 'targets.none', defaultMessage: 'There are no target instances yet' })} actions={add}>
          <FormattedMessage id="targets.none.text" defaultMessage="Add one to migrate a schema to another Cloud site. You need the address of that site and an API token of an account there." />
        </Empty>
      ) : (
        <DataTable label={intl.formatMessage({ id: 'targets.table', defaultMessage: 'Target instances' })} columns={columns} rows={items} rowId={(target) => target.id} />
      )}
      <ModalTransition>
        {search.add || edited ? <FormDialog key={edited?.id ?? ''} target={search.add ? undefined : edited} onClose={() => open({})} /> : null}
      </ModalTransition>
      <DeleteDialog target={leaving} onClose={() => setLeaving(undefined)} />
    </Page>
  );
}

function FormDialog({ target, onClose }: { target: Target | undefined; onClose: () => void }) {
  const intl = useIntl();
  const host = useHost();

  function saved({ name }: Target) {
    host.flag({
      kind: 'success',
      title: target
        ? intl.formatMessage({ id: 'targets.changed', defaultMessage: 'Target instance changed' })
        : intl.formatMessage({ id: 'targets.added', defaultMessage: 'Target instance added' }),
      body: name,
    });
    onClose();
  }

  return (
    <Modal onClose={onClose} shouldCloseOnOverlayClick={false} width="medium">
      <ModalHeader hasCloseButton>
        <ModalTitle>
          {target ? (
            <FormattedMessage id="targets.editTitle" defaultMessage="Edit target instance" />
          ) : (
            <FormattedMessage id="targets.addTitle" defaultMessage="Add new target instance" />
          )}
        </ModalTitle>
      </ModalHeader>
      <ModalBody>
        <div className={styles.dialog}>
          <TargetForm target={target} onSaved={saved} onCancel={onClose} />
        </div>
      </ModalBody>
    </Modal>
  );
}

function DeleteDialog({ target, onClose }: { target: Target | undefined; onClose: () => void }) {
  const intl = useIntl();
  const host = useHost();
  const remove = useDeleteTarget();

  function confirm() {
    if (!target) return;
    remove.mutate(target.id, {
      onSuccess: () => {
        host.flag({ kind: 'success', title: intl.formatMessage({ id: 'targets.deleted', defaultMessage: 'Target instance deleted' }), body: target.name });
        onClose();
      },
    });
  }

  return (
    <Confirm
      open={target !== undefined}
      danger
      title={intl.formatMessage({ id: 'targets.delete.title', defaultMessage: 'Delete target instance {name}?' }, { name: target?.name ?? '' })}
      confirm={intl.formatMessage({ id: 'targets.delete.confirm', defaultMessage: 'Delete' })}
      busy={remove.isPending}
      error={remove.error}
      onConfirm={confirm}
      onCancel={() => {
        remove.reset();
        onClose();
      }}
    >
      <p>
        <FormattedMessage
          id="targets.delete.text"
          defaultMessage="Its details and its token are removed from Stowage. On that site nothing changes. Schemas of it that are listed here become Inactive: they are not backed up any more, and their backups stay."
        />
      </p>
    </Confirm>
  );
}
