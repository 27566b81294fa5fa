//! The keyboard alone reaches and works everything, in the order in which it is read, and it is seen where one is.

use browser::{Browser, Deployment, Site};
use serde_json::{Value, json};

use crate::layout::{faults, style};

const TAB: char = '\u{e004}';
const ENTER: char = '\u{e007}';
const ESCAPE: char = '\u{e00c}';

/// All that a visitor can act on, in the order of the document.
const ACTIVE: &str = "[...document.querySelectorAll('a[href], button, input')]";

/// Where the focus is: the place in that order, where on the page, and whether that is seen.
const FOCUS: &str = "
    const element = document.activeElement;
    const { outlineStyle, outlineWidth, outlineColor } = getComputedStyle(element);
    const box = element.getClientRects()[0] ?? {};
    const [x, y] = [box.left + Math.min(box.width / 2, 20), box.top + box.height / 2];
    const hit = document.elementFromPoint(x, y);
    return {
        place: ACTIVE.indexOf(element),
        name: element.outerHTML.slice(0, 80),
        left: box.left + scrollX, top: box.top + scrollY, right: box.right + scrollX, bottom: box.bottom + scrollY,
        outlined: outlineStyle === 'solid' && parseFloat(outlineWidth) >= 2 && !outlineColor.endsWith(', 0)'),
        seen: hit !== null && (element.contains(hit) || hit.contains(element)),
    }";

fn focus(browser: &Browser) -> Value {
    browser.run(&FOCUS.replace("ACTIVE", ACTIVE))
}

/// Walks through the open page by the Tab key; what is wrong on the way.
fn walk(browser: &Browser) -> Vec<String> {
    let count = browser.run(&format!("return {ACTIVE}.length")).as_i64().unwrap();
    let mut wrong = Vec::new();
    let mut before = Value::Null;
    for place in 0..count {
        browser.press(TAB, false);
        let at = focus(browser);
        let name = &at["name"];
        if at["place"] != place {
            wrong.push(format!("{name} is reached as number {place}, and is number {}", at["place"]));
            break;
        }
        if at["outlined"] != true {
            wrong.push(format!("{name} has no outline"));
        }
        if at["seen"] != true {
            wrong.push(format!("{name} is out of the window or covered"));
        }
        let edge = |of: &Value, side: &str| of[side].as_f64().unwrap();
        // What comes next is further down or further right.
        if place > 1 && edge(&at, "bottom") <= edge(&before, "top") && edge(&at, "left") < edge(&before, "right") {
            wrong.push(format!("{name} is above {}, which comes before it", before["name"]));
        }
        before = at;
    }
    wrong
}

#[test]
#[ignore = "needs a browser: .ci/browser"]
fn the_keyboard_goes_everywhere_in_order_and_is_seen() {
    let browser = Browser::start();
    for deployment in [Deployment::known(), Deployment::unknown()] {
        let site = Site::start(deployment);
        for page in Site::PAGES {
            for width in [360, 1280] {
                browser.resize(width, 900);
                browser.open(&site.url(page));
                let wrong = walk(&browser);
                assert!(wrong.is_empty(), "{}: {page} at {width}: {wrong:#?}", site.deployment.name);
            }
        }
    }
}

#[test]
#[ignore = "needs a browser: .ci/browser"]
fn a_fault_of_the_focus_that_is_planted_is_found() {
    let (browser, site) = (Browser::start(), Site::start(Deployment::known()));
    browser.resize(1280, 900);
    for (css, script, fault) in [
        (":focus-visible { outline: none }", "", "has no outline"),
        ("header.stub { position: fixed; inset: 0; z-index: 9 }", "", "covered"),
        (".opening { order: 9 }", "", "which comes before it"),
        ("", "document.querySelector('footer a').tabIndex = 1", "is reached as number"),
        ("", "document.querySelector('main a').tabIndex = -1", "is reached as number"),
    ] {
        browser.open(&site.url("/release"));
        style(&browser, css);
        browser.run(script);
        let wrong = walk(&browser);
        assert!(wrong.iter().any(|wrong| wrong.contains(fault)), "{css}{script}: {wrong:#?}");
    }
}

#[test]
#[ignore = "needs a browser: .ci/browser"]
fn the_first_key_leads_past_the_navigation() {
    let (browser, site) = (Browser::start(), Site::start(Deployment::known()));
    browser.open(&site.url("/release"));
    browser.press(TAB, false);
    browser.press(ENTER, false);
    assert_eq!(browser.run("return document.activeElement.id"), "main");
    browser.press(TAB, false);
    assert_eq!(browser.run("return document.activeElement === document.querySelector('main a')"), true);
    browser.press(TAB, true);
    browser.press(TAB, true);
    assert_eq!(browser.run("return document.activeElement.closest('header') !== null"), true);
}

#[test]
#[ignore = "needs a browser: .ci/browser"]
fn the_list_of_packages_is_filtered_by_typing() {
    let (browser, site) = (Browser::start(), Site::start(Deployment::known()));
    browser.open(&site.url("/dependencies"));
    let shown = || {
        browser.run("return [...document.querySelectorAll('tbody tr')].filter((row) => row.checkVisibility()).length")
    };
    let all = shown();
    while browser.run("return document.activeElement.id") != "filter" {
        browser.press(TAB, false);
        assert_ne!(
            browser.run("return document.activeElement.matches('tbody a')"),
            true,
            "the filter comes after the list"
        );
    }
    for key in "ROCKET runtime".chars() {
        browser.press(key, false);
    }
    let few = shown().as_u64().unwrap();
    assert!((2..10).contains(&few), "{few} packages have to do with Rocket");
    assert_eq!(
        browser.run("return document.querySelector('.filter [role=status]').textContent"),
        format!("{few} of {all} shown")
    );
    browser.press(ESCAPE, false);
    assert_eq!(shown(), all);
}

#[test]
#[ignore = "needs a browser: .ci/browser"]
fn the_list_of_packages_is_sorted_by_the_keyboard_and_can_be_shared_so() {
    const SHOWN: &str = "return [...document.querySelectorAll('tbody tr')].filter((row) => !row.hidden).map((row) => row.cells[0].textContent)";
    let (browser, site) = (Browser::start(), Site::start(Deployment::known()));
    let names = || -> Vec<String> { serde_json::from_value(browser.run(SHOWN)).unwrap() };
    let state = || {
        let sorted = browser.run(
            "return [...document.querySelectorAll('[aria-sort]')].map((head) => [head.textContent, head.ariaSort])",
        );
        (sorted, browser.run("return location.search"))
    };
    let press = |column: &str| {
        browser.run_with(
            "[...document.querySelectorAll('thead button')].find((one) => one.textContent === arguments[0]).focus()",
            vec![column.into()],
        );
        browser.press(ENTER, false);
    };
    browser.open(&site.url("/dependencies"));
    let listed = names();
    assert_eq!(state(), (json!([]), json!("")));

    press("Name");
    let mut expected = listed.clone();
    assert_eq!(state(), (json!([["Name", "ascending"]]), json!("?sort=name")));
    expected.sort();
    let mut found = names();
    assert_eq!(found.len(), expected.len());
    press("Name");
    assert_eq!(state(), (json!([["Name", "descending"]]), json!("?sort=name&order=descending")));
    found.reverse();
    // What has one name in two versions stays in the order of the list.
    assert_eq!(names(), found);
    found.sort();
    assert_eq!(found, expected);

    press("Direct");
    assert_eq!(state(), (json!([["Direct", "ascending"]]), json!("?sort=direct")));
    let answers = "return [...document.querySelectorAll('tbody tr')].map((row) => row.cells[4].textContent)";
    let answers: Vec<String> = serde_json::from_value(browser.run(answers)).unwrap();
    assert!(answers.is_sorted() && answers.last().unwrap() == "yes", "{answers:?}");

    // Somebody else is sent the address.
    browser.open(&site.url("/dependencies?filter=serde&sort=version&order=descending"));
    assert_eq!(state().0, json!([["Version", "descending"]]));
    let shared = names();
    assert!(!shared.is_empty() && shared.iter().all(|name| name.contains("serde")), "{shared:?}");
    for width in [320, 360, 768] {
        browser.resize(width, 900);
        assert_eq!(faults(&browser), [""; 0], "at {width}");
    }
    browser.open(&site.url("/dependencies?sort=nothing&order=descending"));
    assert_eq!((state().0, names()), (json!([]), listed));
}
