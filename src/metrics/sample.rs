//! Samples, and how they are written; the only place that names the crate that does.

use std::time::Duration;

use prometheus::proto::{Bucket, Counter, Gauge, Histogram, LabelPair, MetricFamily, MetricType};
use prometheus::{TEXT_FORMAT, TextEncoder, proto};

use super::{Kind, Metric, View};
use crate::snapshot::{self, BOUNDS};

/// What the text is, in terms of HTTP.
pub const CONTENT_TYPE: &str = TEXT_FORMAT;

/// A metric of the table cannot be written.
#[derive(Debug, thiserror::Error)]
#[error("internal error: metrics cannot be written: {0}")]
pub struct Unwritable(#[from] prometheus::Error);

/// Where a metric puts its samples.
#[derive(Debug)]
pub(super) struct Samples<'a> {
    metric: &'a Metric,
    all: Vec<proto::Metric>,
}

impl Samples<'_> {
    /// One sample; as many label values as the metric has labels.
    pub(super) fn add(&mut self, labels: &[&str], value: u64) {
        self.put(labels, value as f64);
    }

    /// A time since 1970, or a span, in seconds.
    pub(super) fn add_time(&mut self, labels: &[&str], time: Duration) {
        self.put(labels, time.as_secs_f64());
    }

    fn put(&mut self, labels: &[&str], value: f64) {
        let mut sample = self.blank(labels);
        if self.metric.kind == Kind::Counter {
            let mut counter = Counter::default();
            counter.set_value(value);
            sample.set_counter(counter);
        } else {
            let mut gauge = Gauge::default();
            gauge.set_value(value);
            sample.set_gauge(gauge);
        }
        self.all.push(sample);
    }

    /// Response times.
    pub(super) fn add_times(&mut self, labels: &[&str], times: &snapshot::Histogram) {
        let mut sum = 0;
        let bucket = |(bound, count): (&Duration, &u64)| {
            sum += count;
            let mut bucket = Bucket::default();
            bucket.set_upper_bound(bound.as_secs_f64());
            bucket.set_cumulative_count(sum);
            bucket
        };
        let mut histogram = Histogram::default();
        histogram.set_bucket(BOUNDS.iter().zip(&times.counts).map(bucket).collect());
        histogram.set_sample_count(times.count());
        histogram.set_sample_sum(Duration::from_nanos(times.nanos).as_secs_f64());
        let mut sample = self.blank(labels);
        sample.set_histogram(histogram);
        self.all.push(sample);
    }

    fn blank(&self, values: &[&str]) -> proto::Metric {
        let label = |(name, value): (&&str, &&str)| {
            let mut pair = LabelPair::default();
            pair.set_name((*name).to_owned());
            pair.set_value((*value).to_owned());
            pair
        };
        proto::Metric::from_label(self.metric.labels.iter().zip(values).map(label).collect())
    }
}

/// All metrics that have a sample now.
pub(super) fn write(metrics: &[Metric], view: &View<'_>) -> Result<String, Unwritable> {
    let families = metrics.iter().map(|metric| family(metric, view));
    let told: Vec<_> = families.filter(|family| !family.get_metric().is_empty()).collect();
    Ok(TextEncoder::new().encode_to_string(&told)?)
}

fn family(metric: &Metric, view: &View<'_>) -> MetricFamily {
    let mut samples = Samples { metric, all: Vec::new() };
    (metric.samples)(view, &mut samples);
    let mut family = MetricFamily::default();
    family.set_name(metric.name.to_owned());
    family.set_help(metric.help.to_owned());
    family.set_field_type(match metric.kind {
        Kind::Counter => MetricType::COUNTER,
        Kind::Gauge => MetricType::GAUGE,
        Kind::Histogram => MetricType::HISTOGRAM,
    });
    family.set_metric(samples.all);
    family
}
