//! Asks the ECS task metadata endpoint, until it has told what it knows.
//!
//! Whatever the endpoint does (absent, slow, refusing, answering garbage), the start waits no longer than
//! [`BUDGET`] for it and loses no more than the facts it would have given. A failure may pass: within the
//! budget the endpoint is asked again at once, and afterwards at longer and longer intervals.

use std::sync::mpsc;
use std::time::{Duration, Instant};

use serde::de::DeserializeOwned;

use crate::facts::platform::{Container, Document, Platform, Task};

/// How long a start may wait for both documents together.
pub const BUDGET: Duration = Duration::from_secs(2);

/// Between two questions within the budget.
const BREATH: Duration = Duration::from_millis(100);

/// After that a task is as good as it gets: who deployed it has long since given up.
const PATIENCE: Duration = Duration::from_hours(1);

/// The longest pause on the way there.
const LONGEST_PAUSE: Duration = Duration::from_mins(5);

/// The documents are a few kilobytes; more is not one of them.
const LARGEST_DOCUMENT: u64 = 256 * 1024;

/// The endpoint, and what it has told so far.
#[derive(Debug, Clone)]
pub struct Metadata {
    /// None where there is no endpoint.
    address: Option<String>,
    container: Result<Container, String>,
    task: Result<Task, String>,
}

impl Metadata {
    /// The endpoint at `address`, which has not been asked yet.
    #[must_use]
    pub fn new(address: Option<&str>) -> Self {
        let reason = match address {
            Some(_) => "the ECS metadata endpoint has not been asked yet",
            None => "ECS_CONTAINER_METADATA_URI_V4 is not set: this does not run on Amazon ECS",
        };
        let address = address.map(|address| address.trim_end_matches('/').to_owned());
        Self { address, container: Err(reason.to_owned()), task: Err(reason.to_owned()) }
    }

    /// Asks for what is not known, again and again if need be. Blocks for [`BUDGET`] at most.
    pub fn ask(&mut self) {
        let Some(address) = &self.address else { return };
        let deadline = Instant::now() + BUDGET;
        // Side by side, so that one answer that never comes doesn't use up the other's time.
        let container = question(&self.container, address.clone(), deadline);
        let task = question(&self.task, format!("{address}/task"), deadline);
        self.container = last_answer(self.container.clone(), &container, deadline);
        self.task = last_answer(self.task.clone(), &task, deadline);
    }

    /// What is known by now.
    #[must_use]
    pub fn platform(&self) -> Platform {
        Platform::of(&self.container, &self.task)
    }

    /// Where to ask on and what is wrong; nothing once all is known, or where there is nobody to ask.
    #[must_use]
    pub fn trouble(&self) -> Option<(&str, String)> {
        let address = self.address.as_deref()?;
        let wrong = |name: &str, document: Result<bool, &String>| match document {
            Ok(true) => None,
            Ok(false) => Some(format!("the {name}'s document lacks fields")),
            Err(why) => Some(why.clone()),
        };
        let container = wrong("container", self.container.as_ref().map(Document::is_complete));
        let task = wrong("task", self.task.as_ref().map(Document::is_complete));
        match (container, task) {
            (None, None) => None,
            (Some(why), None) | (None, Some(why)) => Some((address, why)),
            (Some(one), Some(other)) if one == other => Some((address, one)),
            (Some(one), Some(other)) => Some((address, format!("{one}; {other}"))),
        }
    }
}

/// How long to wait before each further question, once the budget is used up.
pub(crate) fn pauses() -> impl Iterator<Item = Duration> {
    let mut left = PATIENCE;
    let growing = std::iter::successors(Some(Duration::from_secs(1)), |pause| Some((*pause * 2).min(LONGEST_PAUSE)));
    growing.map_while(move |pause| {
        left = left.checked_sub(pause + BUDGET)?;
        Some(pause)
    })
}

type Answers<D> = mpsc::Receiver<Result<D, String>>;

/// Asks for the document at `url`, on a thread of its own: looking up a name can't be interrupted, only
/// left behind. It ends with the first complete document, or at the deadline.
fn question<D>(known: &Result<D, String>, url: String, deadline: Instant) -> Answers<D>
where
    D: Document + DeserializeOwned + Send + 'static,
{
    let (send, receive) = mpsc::channel();
    if known.as_ref().is_ok_and(Document::is_complete) {
        return receive;
    }
    let failed = send.clone();
    let spawned = std::thread::Builder::new().name("metadata".to_owned()).spawn(move || {
        loop {
            let answer = document::<D>(&url).map_err(|why| format!("the ECS metadata endpoint: {why}"));
            let is_complete = answer.as_ref().is_ok_and(Document::is_complete);
            // Nobody listens any more once the time is up.
            if send.send(answer).is_err() || is_complete || Instant::now() + BREATH > deadline {
                return;
            }
            std::thread::sleep(BREATH);
        }
    });
    if let Err(error) = spawned {
        let _ = failed.send(Err(format!("the ECS metadata endpoint can't be asked: {error}")));
    }
    receive
}

/// What is known when the answers end or the time is up.
fn last_answer<D: Document>(known: Result<D, String>, answers: &Answers<D>, deadline: Instant) -> Result<D, String> {
    let mut found = known.ok();
    let mut reason = format!("the ECS metadata endpoint: no answer within {} seconds", BUDGET.as_secs());
    while let Ok(answer) = answers.recv_timeout(deadline.saturating_duration_since(Instant::now())) {
        match answer {
            Ok(new) => {
                found = Some(match found {
                    Some(earlier) => new.or(earlier),
                    None => new,
                });
            }
            Err(why) => reason = why,
        }
    }
    found.ok_or(reason)
}

fn document<D: DeserializeOwned>(url: &str) -> Result<D, String> {
    let mut answer = ureq::get(url)
        .config()
        // Longer than anyone waits for it: this only ends the thread.
        .timeout_global(Some(BUDGET * 2))
        // The endpoint is link-local: no proxy can reach it, and a redirect would lead elsewhere.
        .proxy(None)
        .max_redirects(0)
        .build()
        .call()
        .map_err(|error| error.to_string())?;
    let body =
        answer.body_mut().with_config().limit(LARGEST_DOCUMENT).read_to_vec().map_err(|error| error.to_string())?;
    serde_json::from_slice(&body).map_err(|error| format!("its answer can't be read: {error}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn off_the_platform_every_fact_says_so_and_nobody_is_asked() {
        let mut metadata = Metadata::new(None);
        metadata.ask();
        let found = metadata.platform();
        for fact in [found.image, found.image_digest, found.task, found.availability_zone] {
            assert!(fact.0.unwrap_err().contains("ECS_CONTAINER_METADATA_URI_V4 is not set"));
        }
        assert_eq!(metadata.trouble(), None);
    }

    #[test]
    fn garbage_for_an_address_is_only_a_reason() {
        for address in ["garbage", "http://", "ftp://127.0.0.1/", "\n"] {
            let mut metadata = Metadata::new(Some(address));
            metadata.ask();
            assert!(metadata.platform().image.0.unwrap_err().starts_with("the ECS metadata endpoint: "));
            assert!(metadata.trouble().is_some());
        }
    }

    #[test]
    fn what_is_known_stays_known_whatever_comes_later() {
        let (send, answers) = mpsc::channel();
        send.send(Ok(Task { arn: Some("arn".to_owned()), ..Task::default() })).unwrap();
        send.send(Ok(Task { availability_zone: Some("zone".to_owned()), ..Task::default() })).unwrap();
        send.send(Err("garbage".to_owned())).unwrap();
        drop(send);
        let task = last_answer(Err("not asked".to_owned()), &answers, Instant::now() + BUDGET).unwrap();
        assert_eq!((task.arn.as_deref(), task.availability_zone.as_deref()), (Some("arn"), Some("zone")));
    }

    #[test]
    fn pauses_grow_and_end_within_the_hour() {
        let pauses: Vec<_> = pauses().collect();
        assert!(pauses.is_sorted() && pauses[0] <= Duration::from_secs(1), "{pauses:?}");
        let all: Duration = pauses.iter().map(|pause| *pause + BUDGET).sum();
        assert!(all <= PATIENCE && PATIENCE < all + LONGEST_PAUSE + BUDGET, "{all:?}");
    }
}
