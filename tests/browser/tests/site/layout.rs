//! At every width nothing sticks out of its box, nothing covers anything, and no page scrolls sideways: whatever the facts,
//! the colours, the size of the text and the room between its letters.

use std::collections::BTreeMap;
use std::ops::RangeInclusive;
use std::time::Duration;

use browser::{Browser, Deployment, Site};
use serde_json::{Value, json};

use crate::access::SETTLED;

/// From the narrowest telephone to a large screen.
const WIDTHS: RangeInclusive<u32> = 320..=1920;
const STEP: usize = 16;

const LAYOUT: &str = include_str!("layout.js");

/// The text spacing that WCAG 2.2 asks a page to bear, success criterion 1.4.12.
const SPACED: &str =
    "* { line-height: 1.5 !important; letter-spacing: .12em !important; word-spacing: .16em !important }
                      p { margin-bottom: 2em !important }";

/// Puts a style sheet over those of the page: the policy allows none in its markup.
pub(crate) fn style(browser: &Browser, css: &str) {
    let script =
        "const sheet = new CSSStyleSheet(); sheet.replaceSync(arguments[0]); document.adoptedStyleSheets = [sheet]";
    browser.run_with(script, vec![css.into()]);
}

/// What is wrong with the page as it is now.
pub(crate) fn faults(browser: &Browser) -> Vec<String> {
    let faults = browser.run(LAYOUT);
    let text = |fault: &Value| fault.as_str().unwrap().to_owned();
    faults.as_array().expect("the script ends").iter().map(text).collect()
}

/// The faults of the open page at every width, each with the widths from the first to the last that has it.
fn at_every_width(browser: &Browser, page: &str) -> Vec<String> {
    let mut found: BTreeMap<String, (u32, u32)> = BTreeMap::new();
    for width in WIDTHS.step_by(STEP) {
        browser.resize(width, 900);
        for fault in faults(browser) {
            let alike = fault.split(" by ").next().unwrap_or_default();
            found.entry(format!("{page}: {alike}")).or_insert((width, width)).1 = width;
        }
    }
    found.iter().map(|(fault, (from, to))| format!("{from} to {to}: {fault}")).collect()
}

fn keeps_to_its_boxes(deployment: Deployment) {
    let usual = Browser::start();
    // Whoever needs large text says so once, to the browser.
    let large = Browser::start_with(json!({ "webkit": { "webprefs": { "default_font_size": 32 } } }));
    let looks = [
        (&usual, "light", "", "in light colours"),
        (&usual, "dark", "", "in dark colours"),
        (&usual, "light", SPACED, "with spaced text"),
        (&large, "light", "", "with text of twice the size"),
    ];
    let site = Site::start(deployment);
    let mut found = Vec::new();
    for (browser, colours, css, look) in looks {
        browser.prefer("", &[("prefers-color-scheme", colours)]);
        for page in Site::PAGES {
            browser.open(&site.url(page));
            assert!(browser.becomes(SETTLED, Duration::from_secs(20)));
            style(browser, css);
            // The rows are the same whatever the deployment and the colours: measured once each, not once more.
            if colours == "dark" || site.deployment.name == "long values" {
                browser.run(
                    "for (const row of document.querySelectorAll('tbody tr:nth-child(n + 30)')) row.hidden = true",
                );
            }
            found.extend(at_every_width(browser, &format!("{page} {look}")));
        }
    }
    assert!(found.is_empty(), "{}:\n{}", site.deployment.name, found.join("\n"));
}

#[test]
#[ignore = "needs a browser: .ci/browser"]
fn everything_keeps_to_its_box_when_all_is_known() {
    keeps_to_its_boxes(Deployment::known());
}

#[test]
#[ignore = "needs a browser: .ci/browser"]
fn everything_keeps_to_its_box_when_nothing_is_known() {
    keeps_to_its_boxes(Deployment::unknown());
}

#[test]
#[ignore = "needs a browser: .ci/browser"]
fn everything_keeps_to_its_box_when_values_are_long() {
    keeps_to_its_boxes(Deployment::long());
}

#[test]
#[ignore = "needs a browser: .ci/browser"]
fn a_fault_that_is_planted_is_found() {
    let (browser, site) = (Browser::start(), Site::start(Deployment::known()));
    browser.resize(1024, 900);
    browser.open(&site.url("/"));
    assert_eq!(faults(&browser), [""; 0]);
    for (css, fault) in [
        ("main { width: 1100px }", "in a window of"),
        ("h1 { position: relative; left: -200px }", "sticks out of the window"),
        (".bill .large { white-space: nowrap; width: 20px }", "sticks out of div.half > dd"),
        (".copy { width: 400px }", "button.copy \"Copy\" sticks out of"),
        (".seal { position: relative; left: 12rem }", "svg \"drawing\" sticks out of"),
        (".copy { position: relative; left: -8rem }", "button.copy \"Copy\" and"),
        (".route h3 { margin-left: -2rem }", "\"::before\""),
        ("main, .stub { display: none }", "pieces are to be seen"),
    ] {
        style(&browser, css);
        let found = faults(&browser);
        assert!(found.iter().any(|found| found.contains(fault)), "{css}: {found:#?}");
    }
}
