import { Page } from '../../components/ui';

export function RestoresPage() {
  return <Page title="RestoresPage">{null}</Page>;
}
