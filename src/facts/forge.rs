//! The forges, and the addresses that each gives to what is in a repository.
//!
//! Only a host that is listed here is one: what another answers, nobody can tell by its name.

/// The forms of one kind of forge.
struct Forge {
    /// Behind `*.` stands what the hosts of each customer end in.
    hosts: &'static [&'static str],
    /// Stands between a repository's address and a commit.
    commit: &'static str,
    /// Stand before and behind a commit, in the address of a file that is in it: the path follows.
    files: [&'static str; 2],
    /// Stands behind a commit's address: what was run for it. Empty where there is none.
    checks: &'static str,
    /// Stands between a repository's address and `OLDER...NEWER`, two commits. Empty where there is none.
    compare: &'static str,
    /// Behind a repository's address: a form for reports that are not public. Empty where there is none.
    report: &'static str,
    is_repository: fn(&[&str]) -> bool,
}

const FORGES: [Forge; 6] = [
    Forge {
        hosts: &["github.com"],
        commit: "/commit/",
        files: ["/blob/", "/"],
        checks: "/checks",
        compare: "/compare/",
        report: "/security/advisories/new",
        is_repository: is_pair,
    },
    // GitHub Enterprise Cloud with data residency. Its repositories are never public, and take no such reports.
    Forge {
        hosts: &["*.ghe.com"],
        commit: "/commit/",
        files: ["/blob/", "/"],
        checks: "/checks",
        compare: "/compare/",
        report: "",
        is_repository: is_pair,
    },
    Forge {
        hosts: &["gitlab.com"],
        commit: "/-/commit/",
        files: ["/-/blob/", "/"],
        checks: "/pipelines",
        compare: "/-/compare/",
        report: "/-/issues/new?issue%5Bconfidential%5D=true",
        // Groups may stand in groups; what is no part of the path stands behind a hyphen.
        is_repository: |path| path.len() >= 2 && !path.contains(&"-"),
    },
    Forge {
        hosts: &["bitbucket.org"],
        commit: "/commits/",
        files: ["/src/", "/"],
        checks: "",
        compare: "",
        report: "",
        is_repository: is_pair,
    },
    // Forgejo and Gitea.
    Forge {
        hosts: &["codeberg.org", "gitea.com"],
        commit: "/commit/",
        files: ["/src/commit/", "/"],
        checks: "",
        compare: "/compare/",
        report: "",
        is_repository: is_pair,
    },
    // sourcehut
    Forge {
        hosts: &["git.sr.ht"],
        commit: "/commit/",
        files: ["/tree/", "/item/"],
        checks: "",
        compare: "",
        report: "",
        is_repository: |path| is_pair(path) && path[0].starts_with('~'),
    },
];

fn is_pair(path: &[&str]) -> bool {
    path.len() == 2
}

/// A repository on a forge that is known.
pub(crate) struct Repository {
    forge: &'static Forge,
    /// Its page.
    page: String,
}

impl Repository {
    /// What the repository's address tells; nothing if it is not one of a forge.
    pub(crate) fn of(url: &str) -> Option<Self> {
        let (_scheme, rest) = url.split_once("://")?;
        let (host, path) = rest.split_once('/')?;
        let host = host.to_ascii_lowercase();
        let forge = FORGES.iter().find(|forge| forge.has(&host))?;
        // Where it is cloned from, it may have an ending that its pages do not have.
        let path = path.strip_suffix(".git").unwrap_or(path);
        let parts: Vec<_> = path.split('/').collect();
        // A browser goes up for an encoded dot as well, and the page would be another one.
        let is_plain =
            parts.iter().all(|part| !["", ".", ".."].contains(&part.to_ascii_lowercase().replace("%2e", ".").as_str()));
        (is_plain && (forge.is_repository)(&parts)).then(|| Self { forge, page: format!("https://{host}/{path}") })
    }

    /// The page of the repository.
    pub(crate) fn page(&self) -> &str {
        &self.page
    }

    /// The page of a commit.
    pub(crate) fn commit(&self, commit: &str) -> String {
        format!("{}{}{commit}", self.page, self.forge.commit)
    }

    /// What comes before the path of a file in the address of its page, as the file is in a commit.
    pub(crate) fn files(&self, commit: &str) -> String {
        let [before, behind] = self.forge.files;
        format!("{}{before}{commit}{behind}", self.page)
    }

    /// The page of what was run for a commit, where there is one.
    pub(crate) fn checks(&self, commit: &str) -> Option<String> {
        let checks = self.forge.checks;
        (!checks.is_empty()).then(|| format!("{}{checks}", self.commit(commit)))
    }

    /// What comes before `OLDER...NEWER` in the address of a comparison of two commits, where there is one.
    pub(crate) fn compare(&self) -> Option<String> {
        (!self.forge.compare.is_empty()).then(|| format!("{}{}", self.page, self.forge.compare))
    }

    /// Where a report is taken: out of the public's sight where that can be had.
    pub(crate) fn report(&self) -> String {
        format!("{}{}", self.page, self.forge.report)
    }
}

impl Forge {
    fn has(&self, host: &str) -> bool {
        self.hosts.iter().any(|known| match known.strip_prefix('*') {
            Some(ending) => {
                host.strip_suffix(ending).is_some_and(|name| !name.is_empty() && !name.contains(['.', ':']))
            }
            None => *known == host,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_that_a_browser_would_shorten_is_no_repository() {
        assert_eq!(Repository::of("https://github.com/a/b%2ec.git").unwrap().page(), "https://github.com/a/b%2ec");
        for path in ["a/..", "a/%2e%2E", "./b", "%2E/b", "a/.%2e", "a/%2e.git", "/b", "a/"] {
            assert!(Repository::of(&format!("https://github.com/{path}")).is_none(), "{path}");
        }
    }
}
