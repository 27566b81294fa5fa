//! The pages are open to everybody: what axe finds, and what a browser complains of.

use std::path::{Path, PathBuf};
use std::time::Duration;

use browser::{Browser, Deployment, Site};

use crate::layout::style;

/// Every other environment has answered, or has failed to.
pub(crate) const SETTLED: &str = "return [...document.querySelectorAll('[data-peer]')].every(
    (box) => /same|other|silent/.test(box.querySelector('.verdict')?.className))";

/// A telephone, and a laptop.
const WIDTHS: [u32; 2] = [360, 1280];

const DRAWN: &str = "*::before, *::after { display: none !important }";

/// axe itself. `AXE` may name its file.
fn axe() -> String {
    let file = std::env::var_os("AXE")
        .map_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("node_modules/axe-core/axe.min.js"), PathBuf::from);
    std::fs::read_to_string(&file)
        .unwrap_or_else(|error| panic!("{}: {error}; .ci/browser installs it", file.display()))
}

/// What axe finds on the open page: each rule with an element that breaks it, or that it can't judge.
fn judgement(browser: &Browser) -> Vec<String> {
    // The words in a seal have the colour of those above it, which are judged.
    const RUN: &str = "const [done] = arguments;
        axe.run({ exclude: ['svg > *'] }, { rules: { 'target-size': { enabled: true } } }).then(
            ({ passes, violations, incomplete }) => done(
                passes.length < 10 ? ['it checks next to nothing'] : [...violations, ...incomplete].flatMap(
                    ({ id, nodes }) => nodes.map(({ target, any }) => `${id}: ${target}: ${any.map(({ message }) => message)}`))),
            (error) => done([`${error}`]))";
    let found = browser.wait_for(RUN, vec![]);
    found.as_array().unwrap().iter().map(|text| text.as_str().unwrap().to_owned()).collect()
}

#[test]
#[ignore = "needs a browser: .ci/browser"]
fn axe_finds_no_violation() {
    let (browser, axe) = (Browser::start(), axe());
    let mut found = Vec::new();
    for deployment in [Deployment::known(), Deployment::unknown(), Deployment::long()] {
        let site = Site::start(deployment);
        for page in Site::PAGES {
            browser.open(&site.url(page));
            // What is only drawn keeps axe from judging the contrast of words.
            style(&browser, DRAWN);
            browser.run(&axe);
            for colours in ["light", "dark"] {
                // With motion, colours would be judged half way.
                browser.prefer("", &[("prefers-color-scheme", colours), ("prefers-reduced-motion", "reduce")]);
                for width in WIDTHS {
                    browser.resize(width, 900);
                    let judged = judgement(&browser).into_iter();
                    found.extend(
                        judged.map(|text| format!("{}: {page} {colours} {width}: {text}", site.deployment.name)),
                    );
                }
            }
        }
    }
    assert!(found.is_empty(), "{}", found.join("\n"));
}

#[test]
#[ignore = "needs a browser: .ci/browser"]
fn axe_finds_what_is_planted() {
    let (browser, site) = (Browser::start(), Site::start(Deployment::known()));
    browser.open(&site.url("/"));
    browser.run(&axe());
    browser.run("document.documentElement.lang = ''; document.querySelector('.copy').ariaLabel = ' '");
    style(&browser, &format!("{DRAWN} .lead {{ color: #bbb }}"));
    let found = judgement(&browser);
    for rule in ["html-has-lang", "color-contrast"] {
        assert!(found.iter().any(|found| found.starts_with(rule)), "{rule}: {found:#?}");
    }
}

#[test]
#[ignore = "needs a browser: .ci/browser"]
fn the_browser_has_nothing_to_complain_of() {
    let browser = Browser::start();
    for deployment in [Deployment::known(), Deployment::unknown(), Deployment::long()] {
        let site = Site::start(deployment);
        for page in Site::PAGES {
            browser.open(&site.url(page));
            assert!(browser.becomes(SETTLED, Duration::from_secs(10)), "{page} still asks the other environments");
            let expected = usize::from(page == "/nothing");
            let complaints = browser.complaints();
            assert_eq!(complaints.len(), expected, "{}: {page}: {complaints:#?}", site.deployment.name);
            assert!(complaints.iter().all(|text| text.contains("/nothing") && text.contains("404")), "{complaints:#?}");
        }
    }
    // What it would say is heard, and the policy is in force.
    browser.run(
        "console.error('planted'); document.body.setAttribute('style', 'color: red');
         try { document.body.innerHTML = '<p>'; } catch { return; }",
    );
    let complaints = browser.complaints();
    for planted in ["planted", "style-src", "TrustedHTML"] {
        assert!(complaints.iter().any(|text| text.contains(planted)), "{planted}: {complaints:#?}");
    }
}
