import { Page } from '../../components/ui';

export function TargetsPage() {
  return <Page title="TargetsPage">{null}</Page>;
}
