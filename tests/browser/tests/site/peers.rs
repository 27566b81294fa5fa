//! The other environments are asked by the visitor's browser: whatever they answer, each costs its own verdict alone.

use std::net::TcpListener;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use browser::{Answer, Browser, COMMIT, DIGEST, Deployment, Site, StandIn};
use serde_json::{Value, json};

use crate::access::SETTLED;
use crate::layout::faults;

const SLOW: Duration = Duration::from_secs(8);

/// What a visitor reads of an environment: heading, verdict, and facts if there are any.
fn boxes(browser: &Browser) -> Vec<[String; 3]> {
    let found = browser.run(
        "return [...document.querySelectorAll('[data-peer]')].map((box) =>
            ['h3', '.verdict', '.verdict + p'].map((part) => box.querySelector(part)?.textContent ?? ''))",
    );
    serde_json::from_value(found).unwrap()
}

fn facts(changed: Value) -> String {
    let mut facts = json!({ "name": "walkthrough", "version": "0.1.0", "commit": COMMIT, "image_digest": DIGEST });
    for (name, value) in changed.as_object().unwrap() {
        facts[name] = value.clone();
    }
    facts.to_string()
}

#[test]
#[ignore = "needs a browser: .ci/browser"]
fn each_environment_gets_the_verdict_that_it_deserves() {
    const NONE: &str = "";
    const USUAL: &str = "walkthrough 0.1.0, commit 0123456";
    const UNREADABLE: &str = "Its answer could not be read.";
    const IGNORANT: &str = "It does not know its digest.";
    let json = |body: &str| Answer::json(body);
    let cases = [
        ("up", json(&facts(json!({}))), "The same seal as here.", USUAL),
        (
            "other",
            json(&facts(json!({ "image_digest": DIGEST.replace('0', "1") }))),
            "A different seal: it runs another image.",
            USUAL,
        ),
        (
            "old",
            json(r#"{"name": "walkthrough", "version": "0.0.1"}"#),
            IGNORANT,
            "walkthrough 0.0.1, commit not known",
        ),
        (
            "local",
            json(&facts(json!({ "image_digest": null, "commit": null }))),
            IGNORANT,
            "walkthrough 0.1.0, commit not known",
        ),
        ("slow", Answer { delay: SLOW, ..json(&facts(json!({}))) }, "No answer within 5 seconds.", NONE),
        ("stalled", Answer { stall: SLOW, ..json(&facts(json!({}))) }, "No answer within 5 seconds.", NONE),
        ("ill", Answer { status: "503 Service Unavailable", ..json("") }, "It answered with status 503.", NONE),
        ("garbage", Answer::page("<p>Parked.</p>"), UNREADABLE, NONE),
        ("null", json("null"), UNREADABLE, NONE),
        ("list", json("[1, 2]"), UNREADABLE, NONE),
        ("numbers", json(&facts(json!({ "name": 1 }))), UNREADABLE, NONE),
        ("half", json(r#"{"name": "walkthrough"}"#), UNREADABLE, NONE),
        (
            "markup",
            json(&facts(json!({ "name": "<b>walkthrough</b>" }))),
            "The same seal as here.",
            "<b>walkthrough</b> 0.1.0, commit 0123456",
        ),
        ("wrong-digest", json(&facts(json!({ "image_digest": [DIGEST] }))), IGNORANT, USUAL),
        (
            "wrong-commit",
            json(&facts(json!({ "commit": ["0123456"] }))),
            "The same seal as here.",
            "walkthrough 0.1.0, commit not known",
        ),
        ("endless", json(&facts(json!({ "version": "9".repeat(5000) }))), "The same seal as here.", NONE),
    ];
    let gone = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let mut peers = vec![format!("down=http://{gone}")];
    let mut expected =
        vec![["down".to_owned(), "It could not be reached from this browser.".to_owned(), String::new()]];
    let mut servers = Vec::new();
    for (name, answer, verdict, facts) in cases {
        let server =
            StandIn::start(move |path| if path == "/release.json" { answer.clone() } else { Answer::missing() });
        peers.push(format!("{name}={}", server.url("")));
        servers.push(server);
        expected.push([name.to_owned(), verdict.to_owned(), facts.to_owned()]);
    }
    let site = Site::start(Deployment::known().with_peers(&peers.join(",")));
    let browser = Browser::start();
    browser.resize(1280, 900);
    browser.open(&site.url("/"));
    assert!(browser.becomes("return document.querySelectorAll('.verdict.silent').length > 3", Duration::from_secs(4)));
    assert_eq!(browser.run(SETTLED), false, "the quick ones wait for the slow ones");
    assert!(browser.becomes(SETTLED, Duration::from_secs(20)), "{:#?}", boxes(&browser));
    for (mut found, expected) in boxes(&browser).into_iter().zip(&expected) {
        if found[0] == "endless" {
            found[2].clear();
        }
        assert_eq!(&found, expected);
    }
    for width in [320, 768, 1280] {
        browser.resize(width, 900);
        assert_eq!(faults(&browser), [""; 0], "at {width}");
    }
    let strange: Vec<_> =
        browser.complaints().into_iter().filter(|text| !text.starts_with("SEVERE: network: ")).collect();
    assert_eq!(strange, [""; 0]);
}

#[test]
#[ignore = "needs a browser: .ci/browser"]
fn one_that_no_browser_can_ask_says_why_and_costs_no_complaint() {
    let peers = "dev=http://[::1]:8001,staging=http://127.1:8001,production=https://www.example.org:0";
    let site = Site::start(Deployment::unknown().with_peers(peers));
    let browser = Browser::start();
    for width in [320, 1280] {
        browser.resize(width, 900);
        browser.open(&site.url("/"));
        assert_eq!(faults(&browser), [""; 0], "at {width}");
        let verdicts = browser.run("return [...document.querySelectorAll('.verdict')].map((one) => one.textContent)");
        let verdicts: Vec<String> = serde_json::from_value(verdicts).unwrap();
        assert!(verdicts.len() == 3 && verdicts.iter().all(|one| one.starts_with("No browser can ask it: ")));
        assert_eq!(browser.complaints(), [""; 0], "at {width}");
    }
}

#[test]
#[ignore = "needs a browser: .ci/browser"]
fn a_site_that_does_not_know_its_own_digest_compares_nothing() {
    let server = StandIn::start(|_| Answer::json(facts(json!({}))));
    let site = Site::start(Deployment::unknown().with_peers(&format!("dev={}", server.url(""))));
    let browser = Browser::start();
    browser.open(&site.url("/"));
    assert!(browser.becomes(SETTLED, Duration::from_secs(10)));
    let verdict = "This site does not know its own digest, so there is nothing to compare.";
    assert_eq!(boxes(&browser)[0][1], verdict);
}

#[test]
#[ignore = "needs a browser: .ci/browser"]
fn the_board_is_asked_again_in_place_and_tells_only_what_is_new() {
    const AGAIN: &str = "document.dispatchEvent(new Event('visibilitychange'))";
    const STATUS: &str = "return document.querySelector('.news').textContent";
    let asked = Arc::new(AtomicUsize::new(0));
    let other = DIGEST.replace('0', "1");
    let server = StandIn::start({
        let (asked, other) = (asked.clone(), other.clone());
        move |_| {
            let started = json!({ "started_at": "2026-07-14T08:05:09Z", "availability_zone": "eu-central-1c" });
            match asked.fetch_add(1, Ordering::SeqCst) {
                0 | 1 => Answer::json(facts(started)),
                2 => {
                    let mut changed = started;
                    changed["image_digest"] = other.clone().into();
                    changed["commit"] = COMMIT.replace('0', "f").into();
                    Answer::json(facts(changed))
                }
                _ => Answer { status: "503 Service Unavailable", ..Answer::json("") },
            }
        }
    });
    let site = Site::start(Deployment::known().with_peers(&format!("production={}", server.url(""))));
    let browser = Browser::start();
    browser.resize(1280, 900);
    browser.open(&site.url("/"));
    assert!(browser.becomes(SETTLED, Duration::from_secs(10)));
    assert_eq!(browser.run(STATUS), "production: The same seal as here.");
    let text = || browser.run("return document.querySelector('[data-peer]').textContent").as_str().unwrap().to_owned();
    assert!(text().contains("Since 2026-07-14 08:05:09 UTC, in eu-central-1c"), "{}", text());
    let below = || browser.run("return document.querySelector('#conditions').getBoundingClientRect().top");

    // Out of sight, it asks nobody.
    std::thread::sleep(Duration::from_millis(300));
    browser.run(AGAIN);
    std::thread::sleep(Duration::from_millis(300));
    assert_eq!(asked.load(Ordering::SeqCst), 1);
    browser.run("document.querySelector('.board').scrollIntoView()");
    std::thread::sleep(Duration::from_millis(300));
    let before = below();

    // The same answer changes nothing, and nobody hears of it.
    browser.run(
        "window.changes = 0; document.querySelector('.news').textContent = '';
        new MutationObserver((all) => (window.changes += all.length))
            .observe(document.querySelector('.board'), { childList: true, subtree: true, characterData: true })",
    );
    browser.run(AGAIN);
    assert!(wait_until(|| asked.load(Ordering::SeqCst) == 2));
    std::thread::sleep(Duration::from_millis(300));
    assert_eq!((browser.run("return window.changes"), browser.run(STATUS)), (json!(0), json!("")));

    // Who reads or selects is not disturbed.
    browser.run("getSelection().selectAllChildren(document.querySelector('[data-peer] h3'))");
    browser.run(AGAIN);
    std::thread::sleep(Duration::from_millis(300));
    assert_eq!(asked.load(Ordering::SeqCst), 2);
    browser.run("getSelection().removeAllRanges()");

    browser.run(AGAIN);
    assert!(browser.becomes("return document.querySelector('.verdict.other') !== null", Duration::from_secs(5)));
    let news = "production: A different seal: it runs another image.";
    assert!(browser.becomes(&format!("{STATUS} === '{news}'"), Duration::from_secs(2)));
    let link = browser.run("return document.querySelector('[data-peer] p:last-of-type a').href");
    let theirs = COMMIT.replace('0', "f");
    assert_eq!(link, format!("https://github.com/example/walkthrough/compare/{theirs}...{COMMIT}"));
    assert_eq!(below(), before, "what stands below has moved");

    browser.run(AGAIN);
    let last = "It answered with status 503. Below is its last answer.";
    assert!(browser.becomes(
        &format!("return document.querySelector('.verdict').textContent === '{last}'"),
        Duration::from_secs(5)
    ));
    assert_eq!(boxes(&browser)[0][2], format!("walkthrough 0.1.0, commit {}", &theirs[..7]));
    assert_eq!(below(), before, "what stands below has moved");
}

fn wait_until(done: impl Fn() -> bool) -> bool {
    (0..100).any(|_| {
        std::thread::sleep(Duration::from_millis(50));
        done()
    })
}
