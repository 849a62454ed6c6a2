// The table: a row for each goal, and whether it is met.

const rows = [];

/** The value that so many percent of them do not exceed. */
export function percentile(values, percent) {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil((sorted.length * percent) / 100) - 1)];
}

export function median(values) {
  return percentile(values, 50);
}

/** Adds a row; `most` or `least` is the goal, where there is one. */
export function add(name, figure, unit, { most, least } = {}, note = '') {
  const goal =
    most !== undefined ? `≤ ${most} ${unit}` : least !== undefined ? `≥ ${least} ${unit}` : '–';
  const has = most !== undefined || least !== undefined;
  const met = has
    ? figure <= (most ?? Infinity) && figure >= (least ?? -Infinity)
      ? 'yes'
      : '**no**'
    : '–';
  const ours = `${digits(figure)} ${unit}`;
  process.stderr.write(`${name}: ${ours}${note && ` (${note})`}, ${goal}, ${met}\n`);
  rows.push([name, ours, note, goal, met]);
}

/** All rows, in order. */
export function table() {
  const line = (cells) => `| ${cells.join(' | ')} |`;
  return [
    line(['', 'ours', 'of it', 'goal', 'met']),
    '|---|---|---|---|---|',
    ...rows.map(line),
  ].join('\n');
}

export function digits(figure) {
  return Math.abs(figure) < 10
    ? figure.toFixed(2)
    : Math.abs(figure) < 100
      ? figure.toFixed(1)
      : figure.toFixed(0);
}
