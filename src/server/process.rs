//! What the process takes of its machine, by the names that the clients of Prometheus have for it.
//!
//! What can't be had is left out: without `/proc`, as on macOS, that is all but the time of the processors and the limit of
//! descriptors.

use std::fs;
use std::path::Path;
use std::time::Duration;

use prometheus::core::Collector;
use prometheus::proto::MetricFamily;
use prometheus::{Counter, IntGauge};
use rustix::process::{Resource, getrlimit};
use rustix::time::{ClockId, clock_gettime};

/// Where Linux tells of the process that asks.
const OWN: &str = "/proc/self";

/// The measurements as they are now.
pub(crate) fn measurements() -> Vec<MetricFamily> {
    let own = Path::new(OWN);
    let status = fs::read_to_string(own.join("status")).unwrap_or_default();
    let kib = |name| field(&status, name).map(|kib| kib * 1024);
    let gauges = [
        ("process_resident_memory_bytes", "Resident memory size in bytes.", kib("VmRSS")),
        ("process_virtual_memory_bytes", "Virtual memory size in bytes.", kib("VmSize")),
        ("process_threads", "Number of OS threads in the process.", field(&status, "Threads")),
        ("process_open_fds", "Number of open file descriptors.", descriptors(&own.join("fd"))),
        ("process_max_fds", "Maximum number of open file descriptors.", getrlimit(Resource::Nofile).current),
    ];
    let gauges = gauges.into_iter().filter_map(|(name, help, value)| gauge(name, help, value?));
    processors().into_iter().chain(gauges).flatten().collect()
}

/// A number of `/proc/self/status`, by `proc_pid_status(5)`.
fn field(status: &str, name: &str) -> Option<u64> {
    let value = status.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':'))?;
    value.split_whitespace().next()?.parse().ok()
}

fn descriptors(folder: &Path) -> Option<u64> {
    // Reading the folder takes one itself.
    Some((fs::read_dir(folder).ok()?.count() as u64).saturating_sub(1))
}

/// A measurement of the moment, made when it is asked for: there is nothing to keep.
fn gauge(name: &str, help: &str, value: u64) -> Option<Vec<MetricFamily>> {
    let gauge = IntGauge::new(name, help).ok()?;
    gauge.set(value.try_into().ok()?);
    Some(gauge.collect())
}

fn processors() -> Option<Vec<MetricFamily>> {
    let counter = Counter::new("process_cpu_seconds_total", "Total user and system CPU time spent in seconds.").ok()?;
    counter.inc_by(Duration::try_from(clock_gettime(ClockId::ProcessCPUTime)).ok()?.as_secs_f64());
    Some(counter.collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_told_is_left_out() {
        let status = "Name:\twalkthrough\nVmSize:\t  123456 kB\nVmRSS:\t    7600 kB\nThreads:\t3\n";
        assert_eq!(field(status, "VmRSS"), Some(7600));
        assert_eq!(field(status, "Threads"), Some(3));
        for status in ["", "VmRSS", "VmRSS:", "VmRSS:\t", "VmRSS:\tmuch kB", "VmRSSx:\t1 kB"] {
            assert_eq!(field(status, "VmRSS"), None, "{status:?}");
        }
        assert_eq!(descriptors(Path::new("/nowhere")), None);
    }
}
