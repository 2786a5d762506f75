import type { IntlShape } from 'react-intl';

/** What can be done about a predicted failure or warning, by its documented cause; undefined where nothing can. */
export function adviceFor(intl: IntlShape, cause: string): string | undefined {
  switch (cause) {
    case 'user-missing':
      return intl.formatMessage({ id: 'wizard.advice.userMissing', defaultMessage: 'Invite these people to the target, or go on: the objects are restored without them.' });
    case 'user-ambiguous':
      return intl.formatMessage({ id: 'wizard.advice.userAmbiguous', defaultMessage: 'Go back to Options and find users by full name, then by account.' });
    case 'user-not-in-group':
      return intl.formatMessage({ id: 'wizard.advice.userNotInGroup', defaultMessage: 'Add these people to the group on the target, or go on: the objects are restored without them.' });
    case 'group-missing':
      return intl.formatMessage({ id: 'wizard.advice.groupMissing', defaultMessage: 'Create the group on the target under the same name, then plan again.' });
    case 'project-missing':
      return intl.formatMessage({ id: 'wizard.advice.projectMissing', defaultMessage: 'Create the project or version on the target, or go on: these values stay empty.' });
    case 'reference-outside':
      return intl.formatMessage({ id: 'wizard.advice.referenceOutside', defaultMessage: 'Select the object types referred to as well. References to other schemas can be restored once those schemas are there.' });
    case 'type-not-selected':
      return intl.formatMessage({ id: 'wizard.advice.typeNotSelected', defaultMessage: 'Go back to Options and select the object type referred to, if the attribute matters.' });
    case 'icon-missing':
      return intl.formatMessage({ id: 'wizard.advice.iconMissing', defaultMessage: 'Upload the icons to the global icons of the target under the same names, or restore with Object Type global custom icons.' });
    case 'value-too-long':
      return intl.formatMessage({ id: 'wizard.advice.valueTooLong', defaultMessage: 'Shorten these values or change the attribute to Text Area in the original schema, then back it up again.' });
    case 'name-forbidden':
      return intl.formatMessage({ id: 'wizard.advice.nameForbidden', defaultMessage: 'Rename it in the original schema without = ; : ? . " and back it up again.' });
    case 'rejected':
      return intl.formatMessage({ id: 'wizard.advice.rejected', defaultMessage: 'Correct these values in the original schema and back it up again, or go on: these objects are left out.' });
    case 'history-truncated':
      return intl.formatMessage({ id: 'wizard.advice.historyTruncated', defaultMessage: 'The latest actions are restored; the backup keeps all of them.' });
    case 'avatar-unsupported':
    case 'endpoint-missing':
    case 'kind-unsupported':
    case 'order-unsupported':
      return intl.formatMessage({ id: 'wizard.advice.unsupported', defaultMessage: 'Atlassian offers no way to write this. The backup keeps it.' });
    case 'kept-in-backup':
      return intl.formatMessage({ id: 'wizard.advice.keptInBackup', defaultMessage: 'It stays in the backup.' });
    default:
      return undefined;
  }
}
