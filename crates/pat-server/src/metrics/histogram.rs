//! A histogram of atomics: the crate's own takes a lock for each observation.

use std::sync::atomic::{AtomicU64, Ordering};

use prometheus_client::encoding::{EncodeMetric, MetricEncoder, NoLabelSet};
use prometheus_client::metrics::MetricType;

/// Parts of a unit in which sums are kept.
const PARTS: f64 = 1_000_000.0;

/// Counts observations by size.
#[derive(Debug)]
pub struct Histogram {
    /// Each with its upper bound; the last has none.
    buckets: Vec<(f64, AtomicU64)>,
    /// In millionths.
    sum: AtomicU64,
}

impl Histogram {
    /// Buckets with these upper bounds, in ascending order, and one above.
    pub fn new(bounds: &[f64]) -> Self {
        let buckets = bounds.iter().copied().chain([f64::INFINITY]).map(|bound| (bound, AtomicU64::new(0))).collect();
        Self { buckets, sum: AtomicU64::new(0) }
    }

    /// For waits and answers, in seconds.
    pub fn of_seconds() -> Self {
        Self::new(&[0.000_5, 0.001, 0.002_5, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0])
    }

    /// Counts one.
    pub fn observe(&self, value: f64) {
        if let Some((_, bucket)) = self.buckets.iter().find(|(bound, _)| value <= *bound) {
            bucket.fetch_add(1, Ordering::Relaxed);
            self.sum.fetch_add(millionths(value), Ordering::Relaxed);
        }
    }

    /// How many were counted.
    pub fn count(&self) -> u64 {
        self.buckets.iter().map(|(_, bucket)| bucket.load(Ordering::Relaxed)).sum()
    }
}

#[expect(
    clippy::as_conversions,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "`as` saturates, which is what is wanted"
)]
fn millionths(value: f64) -> u64 {
    (value * PARTS) as u64
}

#[expect(clippy::as_conversions, clippy::cast_precision_loss, reason = "a sum for people")]
fn units(millionths: u64) -> f64 {
    millionths as f64 / PARTS
}

impl EncodeMetric for Histogram {
    fn encode(&self, mut encoder: MetricEncoder<'_>) -> Result<(), std::fmt::Error> {
        let buckets: Vec<_> = self.buckets.iter().map(|(bound, count)| (*bound, count.load(Ordering::Relaxed))).collect();
        let count = buckets.iter().map(|(_, count)| count).sum();
        encoder.encode_histogram::<NoLabelSet>(units(self.sum.load(Ordering::Relaxed)), count, &buckets, None)
    }

    fn metric_type(&self) -> MetricType {
        MetricType::Histogram
    }
}

#[cfg(test)]
mod tests {
    use prometheus_client::encoding::prometheus_text::encode;
    use prometheus_client::registry::Registry;

    use super::*;

    #[derive(Debug)]
    struct Page(Histogram);

    impl prometheus_client::collector::Collector for Page {
        fn encode(&self, mut page: prometheus_client::encoding::DescriptorEncoder<'_>) -> Result<(), std::fmt::Error> {
            self.0.encode(page.encode_descriptor("wait", "W", None, MetricType::Histogram)?)
        }
    }

    #[test]
    fn observations_are_counted_up_to_their_bounds() {
        let histogram = Histogram::new(&[1.0, 2.0]);
        for value in [0.5, 1.0, 1.5, 7.25] {
            histogram.observe(value);
        }
        assert_eq!(histogram.count(), 4);
        let mut registry = Registry::default();
        registry.register_collector(Box::new(Page(histogram)));
        let mut text = String::new();
        encode(&mut text, &registry).unwrap();
        for line in ["wait_bucket{le=\"1\"} 2", "wait_bucket{le=\"2\"} 3", "wait_bucket{le=\"+Inf\"} 4", "wait_count 4", "wait_sum 10.25"] {
            assert!(text.lines().any(|found| found == line), "{line}\n{text}");
        }
    }
}
