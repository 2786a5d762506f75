import Button from '@atlaskit/button/new';
import ErrorIcon from '@atlaskit/icon/core/error';
import Modal, { ModalBody, ModalFooter, ModalHeader, ModalTitle, ModalTransition } from '@atlaskit/modal-dialog';
import { useState } from 'react';
import { FormattedMessage, useIntl } from 'react-intl';

import type { Restore } from '../../api';
import { Facts } from '../../components/ui';
import styles from './ResultMessage.module.css';
import { isOver } from './status';
import { NotAvailable } from './words';

/** How many differences the log lists. */
const LISTED = 100;

/** Whether the copy was compared with the backup, and what came of it. */
export function Proof({ restore }: { restore: Pick<Restore, 'state' | 'proved' | 'differences'> }) {
  if (restore.state !== 'completed' && restore.state !== 'completedWithErrors') return <NotAvailable />;
  if (restore.differences > 0)
    return (
      <FormattedMessage
        id="restores.proof.differences"
        defaultMessage="Read back and compared with the backup: {n, plural, one {# difference} other {# differences}}, {all, select, true {listed} other {the first {listed, number} listed}} in the log"
        values={{ n: restore.differences, listed: LISTED, all: String(restore.differences <= LISTED) }}
      />
    );
  // Without a difference, what is missing for the proof is what failed.
  if (!restore.proved) return <FormattedMessage id="restores.proof.failed" defaultMessage="Read back and compared with the backup: nothing differs but what failed" />;
  return <FormattedMessage id="restores.proof.same" defaultMessage="Read back and compared with the backup: no difference" />;
}

/** What came of a restore, as a sentence. */
export function resultText(restore: Pick<Restore, 'state' | 'message'>): { ok: boolean; text: string } | null {
  if (!isOver(restore.state)) return null;
  return { ok: restore.state === 'completed', text: restore.message ?? '' };
}

/** The result of a restore in a grid: a word that opens the whole message. */
export function ResultMessage({ restore }: { restore: Restore }) {
  const intl = useIntl();
  const [open, setOpen] = useState(false);
  const result = resultText(restore);
  if (!result) return null;
  const success = intl.formatMessage({ id: 'restores.result.success', defaultMessage: 'Operation success' });
  const title = result.ok ? success : intl.formatMessage({ id: 'restores.result.title', defaultMessage: 'Result message' });
  const { planned, created, skipped, failed } = restore.counts;
  return (
    <>
      <button type="button" className={styles.open} aria-haspopup="dialog" onClick={() => setOpen(true)}>
        {result.ok ? null : <ErrorIcon label="" size="small" color={restore.state === 'error' ? 'var(--ds-icon-danger)' : 'var(--ds-icon-warning)'} />}
        <span className={styles.text}>{title}</span>
      </button>
      <ModalTransition>
        {open ? (
          <Modal onClose={() => setOpen(false)} width="small">
            <ModalHeader hasCloseButton>
              <ModalTitle>{title}</ModalTitle>
            </ModalHeader>
            <ModalBody>
              <div className={styles.body}>
                {result.text && result.text !== success ? <p className={styles.message}>{result.text}</p> : null}
                {restore.startedAt ? <Facts
                  facts={[
                    { name: intl.formatMessage({ id: 'restores.counts.planned', defaultMessage: 'Objects planned' }), value: intl.formatNumber(planned) },
                    { name: intl.formatMessage({ id: 'restores.counts.created', defaultMessage: 'Objects created' }), value: intl.formatNumber(created) },
                    { name: intl.formatMessage({ id: 'restores.counts.failed', defaultMessage: 'Objects failed' }), value: intl.formatNumber(failed) },
                    { name: intl.formatMessage({ id: 'restores.counts.skipped', defaultMessage: 'Left out' }), value: intl.formatNumber(skipped) },
                    { name: intl.formatMessage({ id: 'restores.proof', defaultMessage: 'Proof' }), value: <Proof restore={restore} /> },
                  ]}
                /> : null}
              </div>
            </ModalBody>
            <ModalFooter>
              <Button appearance="primary" onClick={() => setOpen(false)}>
                <FormattedMessage id="restores.result.close" defaultMessage="Close" />
              </Button>
            </ModalFooter>
          </Modal>
        ) : null}
      </ModalTransition>
    </>
  );
}
