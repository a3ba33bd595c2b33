//! `docs/metrics.md`, made of the table of metrics.

use super::{Kind, METRICS, Metric};

const HEAD: &str = "\
# Metrics

What `rcodetop serve` tells Prometheus at `/metrics`, in the text format. `docs/monitoring.md` says how to set it up and
what to ask. This page is made of the table in `src/metrics/table.rs`.

Every number comes from one moment of the analysis, the same as those of `rcodetop report --format json`. A counter never
goes down while the program runs; what may go down is a gauge, and its help says why. Times are in seconds.

";

const TAIL: &str = "
## Servers told apart

At most so many servers as `--servers` says (50) have their own samples; all others are `server=\"other\"`. A server that
has more than twice the responses of the lightest one that is told apart takes its place. So:

- Who comes late, when others were already counted together, begins at 0: what it had before is in `other`.
- Samples of a server that has to leave end, and are not added to `other`, which would look like an outburst. If it
  comes back, it begins at 0 again, which Prometheus takes for a restart.
- For totals use `rcodetop_responses_total`, which is exact; the sum over servers lacks those that left.
- Response times are kept for the first 1024 servers; a server that is told apart later has none, and its times are in
  `other`.

The bounds of the response times are those of the buckets that are asked for most. A bucket takes in what is as long as its
bound or shorter, and up to 1.6 % longer; `_sum` is within 1 %, `_count` exact.

## Findings

Findings have no names and no clients in their labels: those can be made up by anyone. `server` has up to three
servers, else it is `several`, or `any`. Findings with the same labels are added up. The whole finding, with evidence and what to do, is
in `rcodetop report` and in the lines of `--format jsonl`. When a finding becomes surer, its samples go on under another
`confidence`.
";

/// The text of `docs/metrics.md`.
pub fn document() -> String {
    let mut out = HEAD.to_owned();
    out += "| Metric | Kind | Labels | What it is |\n|---|---|---|---|\n";
    out.extend(METRICS.iter().map(row));
    out + TAIL
}

fn row(metric: &Metric) -> String {
    let kind = match metric.kind {
        Kind::Counter => "counter",
        Kind::Gauge => "gauge",
        Kind::Histogram => "histogram",
    };
    let labels: Vec<String> = metric.labels.iter().map(|label| format!("`{label}`")).collect();
    format!("| `{}` | {kind} | {} | {} |\n", metric.name, labels.join(", "), metric.help)
}
