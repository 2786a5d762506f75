import { Page } from '../../components/ui';

export function SetupPage() {
  return <Page title="SetupPage">{null}</Page>;
}
