import { type IntlShape, useIntl } from 'react-intl';

import type { Restore } from '../../api';
import { Facts, When } from '../../components/ui';
import { Box, Boxes } from './Boxes';
import { DownloadLog } from './DownloadLog';
import { Proof } from './ResultMessage';
import styles from './RestoreDetails.module.css';
import { endedAt, hasLog, isOver } from './status';
import { DestinationName, NotAvailable, placeOf, SourceSchema, TargetSchema, YesNo } from './words';

type Part = Restore['parts'][number]['part'];

/** What came of one of the parts that can be restored after the objects. Of one that was not started the status is empty. */
export function PartFacts({ restore, part }: { restore: Restore; part: Part }) {
  const intl = useIntl();
  const found = restore.parts.find((p) => p.part === part);
  return (
    <Facts
      facts={[
        { name: intl.formatMessage({ id: 'restores.part.started', defaultMessage: 'Restore started' }), value: found?.startedAt ? <When at={found.startedAt} /> : <NotAvailable /> },
        { name: intl.formatMessage({ id: 'restores.part.ended', defaultMessage: 'Restore ended' }), value: found?.endedAt ? <When at={found.endedAt} /> : <NotAvailable /> },
        { name: intl.formatMessage({ id: 'restores.part.status', defaultMessage: 'Restore status' }), value: found?.state ?? <></> },
        { name: intl.formatMessage({ id: 'restores.part.message', defaultMessage: 'Result message' }), value: found?.message },
      ]}
    />
  );
}

/** The boxes of a restore: its schemas, its options, its log, and the parts that can follow. */
export function RestoreDetails({ restore }: { restore: Restore }) {
  const intl = useIntl();
  const { options } = restore;
  const ended = endedAt(restore);
  return (
    <Boxes>
      <Box title={intl.formatMessage({ id: 'restores.box.schemas', defaultMessage: 'Schemas' })}>
        <Facts
          facts={[
            { name: intl.formatMessage({ id: 'restores.source', defaultMessage: 'Source' }), value: <SourceSchema restore={restore} /> },
            { name: intl.formatMessage({ id: 'restores.target', defaultMessage: 'Target' }), value: <TargetSchema restore={restore} /> },
            { name: intl.formatMessage({ id: 'restores.destination', defaultMessage: 'Destination' }), value: <DestinationName restore={restore} /> },
            { name: intl.formatMessage({ id: 'restores.instance', defaultMessage: 'Instance' }), value: placeOf(restore.target) },
          ]}
        />
      </Box>
      <Box title={intl.formatMessage({ id: 'restores.box.options', defaultMessage: 'Restore options' })}>
        <Facts
          facts={[
            { name: intl.formatMessage({ id: 'restores.with', defaultMessage: 'Restored with' }), value: restore.restoredWith },
            { name: intl.formatMessage({ id: 'restores.option.history', defaultMessage: 'Objects history restored' }), value: <YesNo yes={options.history} /> },
            { name: intl.formatMessage({ id: 'restores.option.types', defaultMessage: 'Specific object types restored' }), value: <YesNo yes={(options.objectTypes?.length ?? 0) > 0} /> },
            { name: intl.formatMessage({ id: 'restores.option.icons', defaultMessage: 'Custom objects Icons restored' }), value: <YesNo yes={options.icons || restore.destination === 'current'} /> },
            { name: intl.formatMessage({ id: 'restores.option.duplicates', defaultMessage: 'Duplicate objects selected' }), value: <YesNo yes={options.duplicates} /> },
          ]}
        />
      </Box>
      <Box title={intl.formatMessage({ id: 'restores.box.information', defaultMessage: 'Restore information' })}>
        <Facts
          facts={[
            { name: intl.formatMessage({ id: 'restores.objects', defaultMessage: 'Objects' }), value: counts(intl, restore) },
            { name: intl.formatMessage({ id: 'restores.ended', defaultMessage: 'Restore ended' }), value: ended ? <When at={ended} /> : <NotAvailable /> },
            { name: intl.formatMessage({ id: 'restores.proof', defaultMessage: 'Proof' }), value: isOver(restore.state) ? <Proof restore={restore} /> : <NotAvailable /> },
          ]}
        />
        {hasLog(restore) ? (
          <div className={styles.actions}>
            <DownloadLog restoreId={restore.id} number={restore.number} />
          </div>
        ) : null}
      </Box>
      <Box title={intl.formatMessage({ id: 'restores.part.references', defaultMessage: 'Cross-schema references' })}>
        <PartFacts restore={restore} part="references" />
      </Box>
      <Box title={intl.formatMessage({ id: 'restores.part.comments', defaultMessage: 'Comments' })}>
        <PartFacts restore={restore} part="comments" />
      </Box>
      <Box title={intl.formatMessage({ id: 'restores.part.objectTypeId', defaultMessage: 'Restore Object Type ID' })}>
        <PartFacts restore={restore} part="objectTypeId" />
      </Box>
      <Box title={intl.formatMessage({ id: 'restores.part.issues', defaultMessage: 'Objects in issues' })}>
        <PartFacts restore={restore} part="issues" />
      </Box>
      <Box title={intl.formatMessage({ id: 'restores.part.attachments', defaultMessage: 'Attachments' })}>
        <PartFacts restore={restore} part="attachments" />
      </Box>
    </Boxes>
  );
}

function counts(intl: IntlShape, restore: Restore): string {
  const { planned, created, failed, skipped } = restore.counts;
  return intl.formatMessage(
    {
      id: 'restores.counts',
      defaultMessage: '{created, number} of {planned, number} created{failed, plural, =0 {} other {, # failed}}{skipped, plural, =0 {} other {, # left out}}',
    },
    { created, planned, failed, skipped },
  );
}
