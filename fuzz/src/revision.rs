//! A revision, as a person names it, of what the second line says that the service runs.

use deploy::revision::Revision;
use deploy::rollout::is_earlier;

pub(crate) fn holds(bytes: &[u8]) {
    let text = crate::text(bytes);
    let (named, runs) = text.split_once('\n').unwrap_or((&text, "arn:aws:ecs:eu-central-1:1:task-definition/f:42"));
    let Ok(revision) = named.parse::<Revision>() else { return };
    let number: u32 = named.rsplit(':').next().unwrap().parse().unwrap();
    assert!(number > 0 && named.ends_with(&number.to_string()));
    let Ok(full) = revision.in_family_of(runs) else { return };
    assert!(full.ends_with(&format!(":{number}")));
    assert!(!is_earlier(&full, &full) && is_earlier(&full, &format!("{full}0")) || number > u32::MAX / 10);
    // The full name names the same, where what runs has a name of ECS's own.
    if runs.parse::<Revision>().is_ok() {
        assert_eq!(full.parse::<Revision>().unwrap().in_family_of(runs).unwrap(), full);
    }
}
