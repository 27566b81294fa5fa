//! The documents of the ECS task metadata endpoint: the container's, and the task's.

use serde_json::Value;
use walkthrough::facts::fact::Fact;
use walkthrough::facts::platform::Platform;

pub(crate) fn holds(bytes: &[u8]) {
    let text = crate::text(bytes);
    let (container, task) = crate::halves(&text);
    let read = Platform::of(&parsed(container), &parsed(task));
    told("Image", &read.image, container);
    told("TaskARN", &read.task, task);
    told("AvailabilityZone", &read.availability_zone, task);
    if let Some(digest) = read.image_digest.value() {
        let hex = digest.strip_prefix("sha256:").unwrap();
        assert!(hex.len() == 64 && hex.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f')));
        let document: Value = serde_json::from_str(container).unwrap();
        let of = |name: &str| document[name].as_str().is_some_and(|text| text.ends_with(digest.as_str()));
        assert!(of("Image") || of("ImageID"), "{digest}");
    }
    // Each document stands for itself.
    let alone = Platform::of(&parsed(container), &parsed(""));
    assert_eq!(alone.image, read.image);
    let alone = Platform::of(&parsed(""), &parsed(task));
    assert_eq!((alone.task, alone.availability_zone), (read.task, read.availability_zone));
}

fn parsed<D: serde::de::DeserializeOwned>(text: &str) -> Result<D, String> {
    serde_json::from_str(text).map_err(|error| error.to_string())
}

/// A fact is what its document says, to the letter, or a reason.
fn told(name: &str, fact: &Fact, document: &str) {
    match &fact.0 {
        Ok(value) => assert_eq!(serde_json::from_str::<Value>(document).unwrap()[name], *value.as_str()),
        Err(why) => assert!(!why.is_empty()),
    }
}
