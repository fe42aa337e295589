import { Command } from 'commander';
import { addSettingFlag, type CompileFlags } from './job-flags.ts';

export function indexTemplateCommand(): Command {
  const command = new Command('index-template')
    .description('print or put the index templates of a file: dates, keywords and numbers for Elasticsearch')
    .argument('<file>', 'a Flink SQL file')
    .option('--elasticsearch <url>', 'put the templates there instead of printing them');
  return addSettingFlag(command)
    .addHelpText(
      'after',
      `
Examples:
  isobar index-template pipelines/weather.sql
  isobar index-template pipelines/weather.sql --elasticsearch http://localhost:9200

isobar run puts them by itself. Flink does not: put them before its job writes the first document.
Safe to repeat. Indices that are there stay as they are, and templates of others are left alone.`,
    )
    .action(indexTemplate);
}

async function indexTemplate(file: string, flags: Pick<CompileFlags, 'elasticsearch' | 'set'>): Promise<void> {
  const [{ compileFile }, { printIndexTemplates, putIndexTemplates }] = await Promise.all([
    import('./compile-file.ts'),
    import('./index-template-commands.ts'),
  ]);
  const plan = compileFile(file, { ...flags, local: true });
  if (flags.elasticsearch === undefined) printIndexTemplates(plan);
  else await putIndexTemplates(plan, flags.elasticsearch);
}
