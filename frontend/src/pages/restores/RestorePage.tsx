import { Page } from '../../components/ui';

export function RestorePage() {
  return <Page title="RestorePage">{null}</Page>;
}
