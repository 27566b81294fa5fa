//! A reference of an image.

use std::sync::LazyLock;

use deploy::release::ImageReference;
use regex::Regex;
use url::Url;

/// A repository's name: OCI Distribution Specification 1.1, "Pulling manifests".
static NAME: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"\A[a-z0-9]+((\.|_|__|-+)[a-z0-9]+)*(/[a-z0-9]+((\.|_|__|-+)[a-z0-9]+)*)*\z").unwrap()
});

pub(crate) fn holds(bytes: &[u8]) {
    let text = crate::text(bytes);
    let Ok(image) = text.parse::<ImageReference>() else { return };
    assert_eq!(image.to_string(), text);
    assert!(NAME.is_match(image.repository_name()), "{}", image.repository_name());
    let host = text.split('/').next().unwrap();
    let registry = Url::parse(&format!("https://{host}/")).expect("a registry can be reached");
    assert_eq!((registry.path(), registry.username()), ("/", ""));
    if let Some((account, region)) = image.account_and_region() {
        assert_eq!(registry.host_str(), Some(host));
        assert!(account.len() == 12 && account.bytes().all(|byte| byte.is_ascii_digit()));
        assert!(host.starts_with(account) && host.contains(&format!(".{region}.")));
    }
}
