import { Page } from '../../components/ui';

export function SchemasPage() {
  return <Page title="SchemasPage">{null}</Page>;
}
