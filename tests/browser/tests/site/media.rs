//! A visitor's own wishes: no script, no motion, colours of one's own, paper.

use std::collections::BTreeSet;

use browser::{Browser, Deployment, Site};
use serde_json::{Value, json};

use crate::layout::faults;

/// The words of the open page, without what stands around them.
fn words(browser: &Browser) -> BTreeSet<String> {
    let text = browser.run("return document.body.innerText");
    let words = text.as_str().unwrap().split_whitespace();
    words.map(|word| word.trim_matches(|c: char| !c.is_alphanumeric()).to_owned()).collect()
}

#[test]
#[ignore = "needs a browser: .ci/browser"]
fn without_script_a_page_is_complete() {
    let browser = Browser::start();
    for deployment in [Deployment::known(), Deployment::unknown()] {
        let site = Site::start(deployment);
        for page in Site::PAGES {
            let open = |without: bool| {
                browser.command("Emulation.setScriptExecutionDisabled", json!({ "value": without }));
                browser.open(&site.url(page));
                words(&browser)
            };
            let (with, without) = (open(false), open(true));
            let lost: Vec<_> = without.difference(&with).filter(|word| !word.contains("THIS-SITE")).collect();
            assert!(lost.is_empty(), "{page}: only without script: {lost:?}");
            let dead = browser.run("return document.querySelectorAll('button, input, [aria-live], .verdict').length");
            assert_eq!(dead, 0, "{page} has what does nothing without script");
            for width in [320, 768, 1280] {
                browser.resize(width, 900);
                assert_eq!(faults(&browser), [""; 0], "{page} at {width}");
            }
        }
        browser.open(&site.url("/release.json"));
        let facts: Value =
            serde_json::from_str(browser.run("return document.body.innerText").as_str().unwrap()).unwrap();
        browser.open(&site.url("/release"));
        let text = browser.run("return document.querySelector('main').textContent");
        for (name, value) in facts.as_object().unwrap() {
            let shown = match value {
                Value::Null => "not known".to_owned(),
                Value::String(text) if name == "started_at" => text[..10].to_owned(),
                Value::String(text) => text.clone(),
                other => other.to_string(),
            };
            assert!(text.as_str().unwrap().contains(&shown), "{name} is not on the page");
        }
    }
}

#[test]
#[ignore = "needs a browser: .ci/browser"]
fn nothing_moves_for_somebody_who_wants_no_motion() {
    const MOVING: &str = "return [...document.querySelectorAll('*')].filter((element) => {
        const { transitionDuration, animationName, scrollBehavior } = getComputedStyle(element);
        return /[1-9]/.test(transitionDuration) || animationName !== 'none' || scrollBehavior === 'smooth';
    }).length";
    let (browser, site) = (Browser::start(), Site::start(Deployment::known()));
    for page in Site::PAGES {
        browser.open(&site.url(page));
        browser.prefer("", &[("prefers-reduced-motion", "no-preference")]);
        assert!(browser.run(MOVING).as_u64() > Some(0), "{page}: the check sees nothing that moves");
        browser.prefer("", &[("prefers-reduced-motion", "reduce")]);
        assert_eq!(browser.run(MOVING), 0, "{page}");
    }
}

#[test]
#[ignore = "needs a browser: .ci/browser"]
fn with_colours_of_ones_own_everything_is_still_told_apart() {
    let (browser, site) = (Browser::start(), Site::start(Deployment::known()));
    browser.prefer("", &[("forced-colors", "active"), ("prefers-color-scheme", "dark")]);
    for page in Site::PAGES {
        browser.open(&site.url(page));
        assert_eq!(browser.run("return matchMedia('(forced-colors: active)').matches"), true);
        for width in [360, 1280] {
            browser.resize(width, 900);
            assert_eq!(faults(&browser), [""; 0], "{page} at {width}");
        }
    }
    browser.open(&site.url("/"));
    let look = |selector: &str, pseudo: &str, property: &str| {
        let script = "const [selector, pseudo, property] = arguments;
            return getComputedStyle(document.querySelector(selector), pseudo)[property]";
        browser.run_with(script, vec![selector.into(), pseudo.into(), property.into()])
    };
    let desk = look("body", "", "backgroundColor");
    // Where one is, in the navigation and on the route; the seal; a button; the field of a box's number.
    assert_ne!(
        look("nav a[aria-current]", "", "borderBottomColor"),
        look("nav a:not([aria-current])", "", "borderBottomColor")
    );
    assert_ne!(
        look(".route [aria-current]", "::before", "backgroundColor"),
        look(".route .dev", "::before", "backgroundColor")
    );
    assert_ne!(
        look(".route .digest", "::before", "backgroundColor"),
        look(".route .dev", "::before", "backgroundColor")
    );
    assert_eq!(look(".seal .arcs", "", "stroke"), look("body", "", "color"));
    assert_ne!(look(".copy", "", "borderTopColor"), desk);
    assert_ne!(look(".environment", "", "borderTopStyle"), "none");
}

#[test]
#[ignore = "needs a browser: .ci/browser"]
fn on_paper_there_is_what_can_be_read_there() {
    let browser = Browser::start();
    for deployment in [Deployment::known(), Deployment::unknown(), Deployment::long()] {
        let site = Site::start(deployment);
        browser.prefer("print", &[("prefers-color-scheme", "dark")]);
        for page in Site::PAGES {
            browser.open(&site.url(page));
            // A4 and Letter, without their margins.
            for width in [703, 726] {
                browser.resize(width, 1000);
                assert_eq!(faults(&browser), [""; 0], "{}: {page} at {width}", site.deployment.name);
            }
            let useless = browser.run(
                "return [...document.querySelectorAll('nav, .skip, .copy, .filter')]
                .filter((element) => element.checkVisibility()).length",
            );
            assert_eq!(useless, 0, "{page}");
            let dark = browser.run("return [...document.querySelectorAll('*')].filter((element) => element.checkVisibility()).filter((element) => {
                const [r, g, b, alpha = 1] = getComputedStyle(element).backgroundColor.match(/[\\d.]+/g).map(Number);
                return alpha > 0 && r + g + b < 600;
            }).map((element) => `${element.localName} ${element.className}`)");
            assert_eq!(dark, json!([]), "{page} wastes ink");
            let pdf = browser.command("Page.printToPDF", json!({ "printBackground": true, "preferCSSPageSize": true }));
            let Value::String(pdf) = &pdf["data"] else { panic!("{page} can't be printed") };
            assert!(pdf.len() > 10_000, "{page} is empty on paper");
        }
    }
}
