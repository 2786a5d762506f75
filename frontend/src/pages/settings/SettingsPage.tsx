import { Page } from '../../components/ui';

export function SettingsPage() {
  return <Page title="SettingsPage">{null}</Page>;
}
