import { Page } from '../../components/ui';

export function HomePage() {
  return <Page title="HomePage">{null}</Page>;
}
