import { Page } from '../../components/ui';

export function WizardPage() {
  return <Page title="WizardPage">{null}</Page>;
}
