//! Every link of every page leads to something.

use std::collections::BTreeSet;

use browser::{Answer, Browser, COMMIT, Deployment, Site, StandIn};
use serde_json::Value;

/// What is known against a crate, but for its name.
const ADVISORIES: &str = "https://github.com/advisories?query=ecosystem%3Arust+affects%3A";

/// The addresses of the open page, as the browser understands them.
fn links(browser: &Browser) -> BTreeSet<String> {
    let links = browser
        .run("return [...document.querySelectorAll('[href], [src]')].map((element) => element.href ?? element.src)");
    links.as_array().unwrap().iter().map(|link| link.as_str().unwrap().to_owned()).collect()
}

/// Status and body.
fn get(url: &str) -> (u16, String) {
    let agent = ureq::Agent::config_builder().http_status_as_error(false).proxy(None).build().new_agent();
    let mut answer = agent.get(url).call().unwrap_or_else(|error| panic!("{url}: {error}"));
    (answer.status().as_u16(), answer.body_mut().read_to_string().unwrap_or_default())
}

#[test]
#[ignore = "needs a browser: .ci/browser"]
fn every_link_leads_to_something() {
    let browser = Browser::start();
    let forge = StandIn::start(|path| match path {
        "/it/walkthrough/actions/runs/1?check=yes" => Answer::page("a run"),
        "/it/walkthrough" => Answer::page("source"),
        _ => Answer::missing(),
    });
    let repository = forge.url("/it/walkthrough");
    let run = format!("{repository}/actions/runs/1?check=yes");
    let known = Deployment::known().with("WALKTHROUGH_REPOSITORY", &repository).with("WALKTHROUGH_RUN_URL", &run);
    for deployment in [known, Deployment::unknown()] {
        let site = Site::start(deployment);
        let listed = site.deployment.listed;
        let mut all = BTreeSet::new();
        for page in Site::PAGES {
            browser.open(&site.url(page));
            all.extend(links(&browser));
        }
        let crates: BTreeSet<_> = all.extract_if(.., |link| link.starts_with("https://docs.rs/crate/")).collect();
        let advisories: BTreeSet<_> = all.extract_if(.., |link| link.starts_with(ADVISORIES)).collect();
        // Those of a crate lead away from here; they are made of what the list says.
        let (_, bill) = get(&site.url("/sbom.cdx.json"));
        let bill: Value = serde_json::from_str(&bill).unwrap_or_default();
        let components = bill["components"].as_array().map(Vec::as_slice).unwrap_or_default();
        let text = |of: &Value| of.as_str().unwrap().to_owned();
        let named =
            components.iter().map(|of| format!("https://docs.rs/crate/{}/{}", text(&of["name"]), text(&of["version"])));
        assert_eq!(crates, named.collect());
        let known = components.iter().map(|of| format!("{ADVISORIES}{}", text(&of["name"])));
        assert_eq!(advisories, known.collect());
        assert_eq!(crates.is_empty(), !listed);

        assert!(all.len() > 10, "{all:?}");
        // Without a list there is none to give.
        assert_eq!(all.contains(&site.url("/sbom.cdx.json")), listed, "{all:?}");
        if listed {
            assert!(all.contains(&run) && all.contains(&repository), "{all:?}");
            assert!(!all.iter().any(|link| link.contains(COMMIT)), "no such forge is known: {all:?}");
        }
        for link in all {
            let (address, fragment) = link.split_once('#').unwrap_or((&link, ""));
            let (status, body) = get(address);
            // The page of nothing has a link to its own content.
            let same = address.ends_with("/nothing") && !fragment.is_empty();
            assert!(status == 200 || (status == 404 && same), "{link} answers {status}");
            assert!(!body.is_empty(), "{link} is empty");
            assert!(fragment.is_empty() || body.contains(&format!("id=\"{fragment}\"")), "{link} has no such place");
        }
    }
}
