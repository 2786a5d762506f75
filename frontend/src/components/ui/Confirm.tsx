import Button from '@atlaskit/button/new';
import { Label } from '@atlaskit/form';
import Modal, { ModalBody, ModalFooter, ModalHeader, ModalTitle, ModalTransition } from '@atlaskit/modal-dialog';
import Textfield from '@atlaskit/textfield';
import { type FormEvent, type ReactNode, useId, useState } from 'react';
import { FormattedMessage, useIntl } from 'react-intl';
import styles from './Confirm.module.css';
import { Problem } from './Problem';

interface Question {
  title: string;
  /** What will happen, in plain words. */
  children: ReactNode;
  /** The verb of the button that does it. */
  confirm: string;
  /** The verb of the button that does not. */
  cancel?: string;
  danger?: boolean;
  /** A text that has to be typed before it can be done, and what the field is called. */
  typed?: { label: string; text: string };
  busy?: boolean;
  error?: unknown;
  onConfirm: () => void;
  onCancel: () => void;
}

/** Asks before something is done that cannot simply be undone. It stays open while it is being done, and shows why it failed. */
export function Confirm({ open, ...question }: Question & { open: boolean }) {
  return <ModalTransition>{open ? <Dialog {...question} /> : null}</ModalTransition>;
}

function Dialog({ title, children, confirm, cancel, danger = false, typed, busy = false, error, onConfirm, onCancel }: Question) {
  const intl = useIntl();
  const id = useId();
  const [text, setText] = useState('');
  const ready = !typed || text.trim() === typed.text.trim();
  const submit = (event: FormEvent) => {
    event.preventDefault();
    event.stopPropagation();
    if (ready && !busy) onConfirm();
  };
  return (
    <Modal onClose={onCancel} shouldCloseOnOverlayClick={false} width="small">
      <ModalHeader hasCloseButton>
        <ModalTitle appearance={danger ? 'danger' : undefined}>{title}</ModalTitle>
      </ModalHeader>
      <ModalBody>
        {/* Around header and footer the form would take the body's scrolling away. */}
        <form id={`${id}-form`} onSubmit={submit} noValidate>
          {children}
          {typed ? (
            <div className={styles.part}>
              <Label htmlFor={id}>{typed.label}</Label>
              <Textfield id={id} value={text} autoComplete="off" onChange={(event) => setText(event.currentTarget.value)} />
            </div>
          ) : null}
        </form>
        {error ? (
          <div className={styles.part}>
            <Problem error={error} />
          </div>
        ) : null}
      </ModalBody>
      <ModalFooter>
        <Button appearance="subtle" onClick={onCancel}>
          {cancel ?? intl.formatMessage({ id: 'confirm.cancel', defaultMessage: 'Cancel' })}
        </Button>
        <Button type="submit" form={`${id}-form`} appearance={danger ? 'danger' : 'primary'} isDisabled={!ready} isLoading={busy}>
          {confirm}
        </Button>
      </ModalFooter>
    </Modal>
  );
}

/** Says what to type: the name itself in bold. */
export function TypeToConfirm({ name }: { name: string }) {
  return (
    <p>
      <FormattedMessage id="confirm.type" defaultMessage="To confirm, type {name} below." values={{ name: <strong>{name}</strong> }} />
    </p>
  );
}
