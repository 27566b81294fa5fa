//! What is deployed: an image by its digest, the commit it was built from, the run that deploys it.

use std::fmt;
use std::str::FromStr;

use serde::Serialize;
use serde_json::Value;

use crate::grammar;
use crate::service::SERVICE;

/// An image by digest, `REGISTRY/REPOSITORY@sha256:…`. Never by tag: a tag can come to mean another image.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ImageReference {
    /// What stands before the `@`.
    pub registry_and_repository: String,
    /// `sha256:` and 64 lower-case hexadecimal digits.
    pub digest: String,
}

impl ImageReference {
    /// The repository's name within its registry.
    #[must_use]
    pub fn repository_name(&self) -> &str {
        self.registry_and_repository.split_once('/').map_or(self.registry_and_repository.as_str(), |(_, name)| name)
    }

    /// Account and region of the registry, if it is one of Amazon's.
    #[must_use]
    pub fn account_and_region(&self) -> Option<(&str, &str)> {
        let host = self.registry_and_repository.split('/').next()?;
        ECR_HOSTS.lines().filter(|line| !line.starts_with('#')).find_map(|form| matched(form, host))
    }
}

/// The hosts of ECR, a form a line.
const ECR_HOSTS: &str = include_str!("ecr-hosts.txt");

/// Account and region of a host of that form.
fn matched<'a>(form: &str, host: &'a str) -> Option<(&'a str, &'a str)> {
    let (between, end) = form.strip_prefix("ACCOUNT")?.split_once("REGION")?;
    let (account, region) = host.strip_suffix(end)?.split_once(between)?;
    let is_account = account.len() == 12 && account.chars().all(|c| c.is_ascii_digit());
    let of_region = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    (is_account && !region.is_empty() && region.chars().all(of_region)).then_some((account, region))
}

impl FromStr for ImageReference {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        const EXPECTED: &str = "expected REGISTRY/REPOSITORY@sha256: and 64 hexadecimal digits";
        let Some((repository, digest)) = text.split_once('@') else {
            return Err(
                "expected an image by digest, REGISTRY/REPOSITORY@sha256:…: a tag can come to mean another image",
            );
        };
        let hex = digest.strip_prefix("sha256:").ok_or(EXPECTED)?;
        // A tag beside the digest would be one more name for it, and perhaps a wrong one: no name has a colon.
        let is_named = |(registry, name): (&str, &str)| is_registry(registry) && name.split('/').all(is_component);
        if !is_hex(hex, 64) || !repository.split_once('/').is_some_and(is_named) {
            return Err(EXPECTED);
        }
        Ok(Self { registry_and_repository: repository.to_owned(), digest: digest.to_owned() })
    }
}

impl fmt::Display for ImageReference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}@{}", self.registry_and_repository, self.digest)
    }
}

/// Whether that is the host of a registry, with a port or without one.
fn is_registry(text: &str) -> bool {
    !text.contains('/') && grammar::address(&format!("https://{text}")).is_ok()
}

/// Whether that may stand between the slashes of a repository's name: OCI Distribution Specification 1.1, "Pulling
/// manifests".
fn is_component(text: &str) -> bool {
    let is_plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit();
    let separates = |between: &str| matches!(between, "" | "." | "_" | "__") || between.bytes().all(|b| b == b'-');
    text.starts_with(is_plain) && text.ends_with(is_plain) && text.split(is_plain).all(separates)
}

/// A full commit id: 40 lower-case hexadecimal digits.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Commit(String);

impl FromStr for Commit {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let text = text.to_ascii_lowercase();
        if is_hex(&text, 40) { Ok(Self(text)) } else { Err("expected a full commit id: 40 hexadecimal digits") }
    }
}

impl fmt::Display for Commit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

fn is_hex(text: &str, length: usize) -> bool {
    text.len() == length && text.chars().all(|c| matches!(c, '0'..='9' | 'a'..='f'))
}

/// What is deployed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Release {
    /// The image.
    pub image: ImageReference,
    /// The commit it was built from.
    pub commit: Commit,
    /// The pipeline run that deploys it, a URL.
    pub run_url: Option<String>,
}

impl Release {
    /// The release that a described task definition is; nothing if it was made in another way, such as with a
    /// tag.
    #[must_use]
    pub fn of(task_definition: &Value) -> Option<Self> {
        let containers = task_definition["containerDefinitions"].as_array()?;
        let container = containers.iter().find(|container| container["name"] == SERVICE.name)?;
        let variable = |name: &str| {
            let pair = container["environment"].as_array()?.iter().find(|pair| pair["name"] == name)?;
            pair["value"].as_str()
        };
        Some(Self {
            image: container["image"].as_str()?.parse().ok()?,
            commit: variable(&SERVICE.commit_variable())?.parse().ok()?,
            run_url: variable(&SERVICE.run_url_variable()).map(str::to_owned),
        })
    }
}

/// Whether ECS would start tasks of a described task definition: only of one that nobody deregistered.
#[must_use]
pub fn can_run(task_definition: &Value) -> bool {
    task_definition["status"] == "ACTIVE"
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn an_image_is_named_by_digest_and_nothing_else() {
        let hex = "0123456789abcdef".repeat(4);
        let good = format!("123456789012.dkr.ecr.eu-central-1.amazonaws.com/team/walkthrough@sha256:{hex}");
        let image: ImageReference = good.parse().unwrap();
        assert_eq!(image.repository_name(), "team/walkthrough");
        assert_eq!(image.to_string(), good);
        assert_eq!(image.account_and_region(), Some(("123456789012", "eu-central-1")));
        let with_port = format!("127.0.0.1:5000/walkthrough@sha256:{hex}");
        let elsewhere: ImageReference = with_port.parse().unwrap();
        assert_eq!((elsewhere.repository_name(), elsewhere.account_and_region()), ("walkthrough", None));

        let tag = "example.org/walkthrough:latest".parse::<ImageReference>().unwrap_err();
        assert!(tag.contains("by digest"), "{tag}");
        for wrong in [
            format!("example.org/walkthrough:latest@sha256:{hex}"),
            format!("walkthrough@sha256:{hex}"),
            format!("example.org/@sha256:{hex}"),
            format!("example.org/walkthrough@sha256:{}", &hex[1..]),
            format!("example.org/walkthrough@sha256:{}", hex.to_uppercase()),
            format!("example.org/walkthrough@sha512:{hex}"),
            format!("example.org/walk through@sha256:{hex}"),
            format!("example.org/Walkthrough@sha256:{hex}"),
            format!("example.org/team/../walkthrough@sha256:{hex}"),
            format!("example.org/walk___through@sha256:{hex}"),
            format!("example.org:/walkthrough@sha256:{hex}"),
        ] {
            assert!(wrong.parse::<ImageReference>().is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_registry_of_amazon_is_known_by_every_form_of_its_host() {
        let of =
            |host: &str| -> ImageReference { format!("{host}/walkthrough@sha256:{}", "a".repeat(64)).parse().unwrap() };
        for (host, region) in [
            ("123456789012.dkr.ecr.eu-central-1.amazonaws.com", "eu-central-1"),
            ("123456789012.dkr.ecr-fips.us-gov-west-1.amazonaws.com", "us-gov-west-1"),
            ("123456789012.dkr-ecr.eu-central-1.on.aws", "eu-central-1"),
            ("123456789012.dkr-ecr-fips.us-east-1.on.aws", "us-east-1"),
            ("123456789012.dkr.ecr.cn-north-1.amazonaws.com.cn", "cn-north-1"),
            ("123456789012.dkr.ecr.eusc-de-east-1.amazonaws.eu", "eusc-de-east-1"),
            ("123456789012.dkr.ecr.us-iso-east-1.c2s.ic.gov", "us-iso-east-1"),
        ] {
            assert_eq!(of(host).account_and_region(), Some(("123456789012", region)), "{host}");
        }
        for host in [
            "public.ecr.aws",
            "12345.dkr.ecr.eu-central-1.amazonaws.com",
            "123456789012.dkr.ecr..amazonaws.com",
            "123456789012.dkr.ecr.eu-central-1.amazonaws.com.example.org",
            "123456789012.dkr.ecr.a.b.amazonaws.com",
            "example.org",
        ] {
            assert_eq!(of(host).account_and_region(), None, "{host}");
        }
    }

    #[test]
    fn a_commit_is_whole() {
        assert_eq!("A".repeat(40).parse::<Commit>().unwrap().to_string(), "a".repeat(40));
        for wrong in ["", "abc", &"g".repeat(40), &"a".repeat(41)] {
            assert!(wrong.parse::<Commit>().is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_release_is_read_back_from_its_task_definition() {
        let image = format!("example.org/walkthrough@sha256:{}", "a".repeat(64));
        let mut described = json!({"containerDefinitions": [
            {"name": "other"},
            {"name": "walkthrough", "image": image, "environment": [
                {"name": "WALKTHROUGH_RUN_URL", "value": "https://example.org/runs/1"},
                {"name": "WALKTHROUGH_COMMIT", "value": "b".repeat(40)},
            ]},
        ]});
        let release = Release::of(&described).unwrap();
        assert_eq!((release.image.to_string(), release.commit.to_string()), (image, "b".repeat(40)));
        assert_eq!(release.run_url.as_deref(), Some("https://example.org/runs/1"));

        described["containerDefinitions"][1]["image"] = "example.org/walkthrough:latest".into();
        assert_eq!(Release::of(&described), None);
    }
}
