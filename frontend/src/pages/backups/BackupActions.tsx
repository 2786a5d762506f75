import Button, { IconButton } from '@atlaskit/button/new';
import DropdownMenu, { DropdownItem, DropdownItemGroup } from '@atlaskit/dropdown-menu';
import { Label } from '@atlaskit/form';
import ShowMoreIcon from '@atlaskit/icon/core/show-more-horizontal';
import Modal, { ModalBody, ModalFooter, ModalHeader, ModalTitle, ModalTransition } from '@atlaskit/modal-dialog';
import TextArea from '@atlaskit/textarea';
import { useNavigate } from '@tanstack/react-router';
import { type FormEvent, useId, useState } from 'react';
import { FormattedMessage, useIntl } from 'react-intl';

import { type Backup, isActive, type Schema } from '../../api';
import { Confirm, formatWhen, Problem, TypeToConfirm } from '../../components/ui';
import { useHost } from '../../lib/HostContext';
import styles from './BackupsPage.module.css';
import { useDeleteBackup, useDescribeBackup } from './data';

/** What can be done with a backup: Select it for a restore, edit its description, delete it. */
export function BackupActions({ backup, schema }: { backup: Backup; schema: Schema }) {
  const intl = useIntl();
  const navigate = useNavigate();
  const why = useId();
  const [open, setOpen] = useState<'edit' | 'delete' | null>(null);
  const { number } = backup;
  const close = () => setOpen(null);
  const gone = backup.state === 'deleting';
  return (
    <div className={styles.actions}>
      <Button
        isDisabled={!backup.restorable}
        aria-label={intl.formatMessage({ id: 'backups.selectOf', defaultMessage: 'Select backup {number}' }, { number })}
        aria-describedby={backup.restorable ? undefined : why}
        onClick={() => void navigate({ to: '/restore/$backupId', params: { backupId: backup.id } })}
      >
        <FormattedMessage id="backups.select" defaultMessage="Select" />
      </Button>
      {gone ? null : (
        <DropdownMenu
          shouldRenderToParent
          trigger={({ triggerRef, ...trigger }) => (
            <IconButton
              {...trigger}
              ref={triggerRef}
              icon={ShowMoreIcon}
              appearance="subtle"
              label={intl.formatMessage({ id: 'backups.moreOf', defaultMessage: 'More actions for backup {number}' }, { number })}
            />
          )}
        >
          <DropdownItemGroup>
            <DropdownItem onClick={() => setOpen('edit')}>
              <FormattedMessage id="backups.edit" defaultMessage="Edit" />
            </DropdownItem>
            <DropdownItem
              onClick={() => setOpen('delete')}
              isDisabled={isActive(backup.run)}
              description={isActive(backup.run) ? intl.formatMessage({ id: 'backups.delete.running', defaultMessage: 'Stop it first' }) : undefined}
            >
              <FormattedMessage id="backups.delete" defaultMessage="Delete" />
            </DropdownItem>
          </DropdownItemGroup>
        </DropdownMenu>
      )}
      {!backup.restorable && backup.notRestorableBecause ? (
        <div id={why} className={styles.why}>
          {backup.notRestorableBecause}
        </div>
      ) : null}
      <ModalTransition>{open === 'edit' ? <EditDescription backup={backup} onClose={close} /> : null}</ModalTransition>
      <DeleteBackup backup={backup} schema={schema} open={open === 'delete'} onClose={close} />
    </div>
  );
}

function EditDescription({ backup, onClose }: { backup: Backup; onClose: () => void }) {
  const intl = useIntl();
  const id = useId();
  const host = useHost();
  const [text, setText] = useState(backup.description);
  const save = useDescribeBackup();
  const submit = (event: FormEvent) => {
    event.preventDefault();
    event.stopPropagation();
    save.mutate(
      { id: backup.id, description: text.trim() },
      {
        onSuccess: () => {
          host.flag({ kind: 'success', title: intl.formatMessage({ id: 'backups.edit.saved', defaultMessage: 'The description was saved' }) });
          onClose();
        },
      },
    );
  };
  return (
    <Modal onClose={onClose} width="small">
      <>
        <ModalHeader hasCloseButton>
          <ModalTitle>
            <FormattedMessage id="backups.edit.title" defaultMessage="Edit backup {number}" values={{ number: backup.number }} />
          </ModalTitle>
        </ModalHeader>
        <ModalBody>
          <form id={`${id}-form`} className={styles.form} onSubmit={submit}>
            <p>
              <FormattedMessage
                id="backups.edit.facts"
                defaultMessage="{trigger, select, Scheduled {Scheduled} other {Manual}} backup of {at} with {objects, plural, one {# object} other {# objects}}."
                values={{ trigger: backup.trigger, at: formatWhen(intl, backup.finishedAt ?? backup.createdAt), objects: backup.objects }}
              />
            </p>
            <div>
              <Label htmlFor={id}>
                <FormattedMessage id="backups.description" defaultMessage="Description" />
              </Label>
              <TextArea id={id} value={text} maxLength={1000} minimumRows={3} resize="auto" onChange={(e) => setText(e.currentTarget.value)} />
            </div>
            {save.error ? <Problem error={save.error} /> : null}
          </form>
        </ModalBody>
        <ModalFooter>
          <Button appearance="subtle" onClick={onClose}>
            <FormattedMessage id="backups.edit.cancel" defaultMessage="Cancel" />
          </Button>
          <Button appearance="primary" type="submit" form={`${id}-form`} isLoading={save.isPending}>
            <FormattedMessage id="backups.edit.save" defaultMessage="Save" />
          </Button>
        </ModalFooter>
      </>
    </Modal>
  );
}

function DeleteBackup({ backup, schema, open, onClose }: { backup: Backup; schema: Schema; open: boolean; onClose: () => void }) {
  const intl = useIntl();
  const host = useHost();
  const remove = useDeleteBackup();
  const close = () => {
    remove.reset();
    onClose();
  };
  return (
    <Confirm
      open={open}
      danger
      title={intl.formatMessage({ id: 'backups.delete.title', defaultMessage: 'Delete backup {number}?' }, { number: backup.number })}
      confirm={intl.formatMessage({ id: 'backups.delete.confirm', defaultMessage: 'Delete backup' })}
      typed={{ label: intl.formatMessage({ id: 'backups.delete.name', defaultMessage: 'Schema name' }), text: schema.name }}
      busy={remove.isPending}
      error={remove.error}
      onCancel={close}
      onConfirm={() =>
        remove.mutate(
          { id: backup.id, confirmName: schema.name },
          {
            onSuccess: () => {
              host.flag({ kind: 'info', title: intl.formatMessage({ id: 'backups.delete.started', defaultMessage: 'Backup {number} is being deleted' }, { number: backup.number }) });
              close();
            },
          },
        )
      }
    >
      <p>
        <FormattedMessage
          id="backups.delete.text"
          defaultMessage="The backup of {at} with {objects, plural, one {# object} other {# objects}} is removed for good and cannot be brought back. Other backups and what was restored from this one stay."
          values={{ at: formatWhen(intl, backup.finishedAt ?? backup.createdAt), objects: backup.objects }}
        />
      </p>
      <TypeToConfirm name={schema.name} />
    </Confirm>
  );
}
