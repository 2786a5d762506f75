import { Page } from '../../components/ui';

export function BackupsPage() {
  return <Page title="BackupsPage">{null}</Page>;
}
