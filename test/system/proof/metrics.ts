/** The sum of a metric over all its series that have these labels; 0 for none, as a counter that never counted. */
export const metricOf = async (
  healthUrl: string,
  name: string,
  labels: Readonly<Record<string, string>> = {},
): Promise<number> => {
  const response = await fetch(`${healthUrl}/metrics`);
  const text = await response.text();
  const wanted = Object.entries(labels).map(([label, value]) => `${label}="${value}"`);
  const values = text
    .split('\n')
    .filter((line) => line.startsWith(`${name} `) || line.startsWith(`${name}{`))
    .filter((line) => wanted.every((label) => line.includes(label)))
    .map((line) => Number(line.slice(line.lastIndexOf(' ') + 1)));
  return values.reduce((sum, value) => sum + value, 0);
};
