/** `stapkit tools`: the commands that come with stapkit by subject, each in a line. */
import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

interface ListedTool {
  readonly name: string;
  readonly summary: string;
  readonly subject: string;
  /** npm's name of what it is in. */
  readonly package: string;
}

/** The list that the build made of the packages in tools/: beside the bundle, or in dist/bundle. */
function readList(): readonly ListedTool[] {
  const place = ['./tools.json', './bundle/tools.json', '../dist/bundle/tools.json'].map((one) => fileURLToPath(new URL(one, import.meta.url))).find((one) => existsSync(one));
  if (place === undefined) throw new Error('the list of tools is missing: build or install stapkit again');
  return JSON.parse(readFileSync(place, 'utf8')) as readonly ListedTool[];
}

export function listTools(): string {
  const tools = readList();
  const width = Math.max(...tools.map(({ name }) => name.length));
  const [example] = tools;
  const how = example === undefined ? '' : `\nnpx ${example.name} --help tells more in a checkout, npx -p ${example.package} ${example.name} elsewhere.\n`;
  const lines = tools.map(({ name, summary, subject }, index) => {
    const head = subject === tools[index - 1]?.subject ? '' : `${index === 0 ? '' : '\n'}${subject}:\n`;
    return `${head}  ${name.padEnd(width)}  ${summary}\n`;
  });
  return `${lines.join('')}${how}`;
}
