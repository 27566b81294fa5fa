//! What a visitor copies is exactly the value: by a button, and by hand.

use browser::{Browser, COMMIT, DIGEST, Deployment, Site};
use serde_json::{Value, json};

const ENTER: char = '\u{e007}';

/// Lets the open site's scripts use the clipboard, or not.
fn permit(browser: &Browser, site: &Site, setting: &str) {
    for name in ["clipboard-read", "clipboard-write"] {
        let permission = json!({ "permission": { "name": name, "allowWithoutSanitization": false }, "setting": setting, "origin": site.url("") });
        browser.command("Browser.setPermission", permission);
    }
}

/// Every value with a button: what the button calls it, and what is then in the clipboard.
fn copied(browser: &Browser) -> Vec<(String, String)> {
    let count = browser.run("return document.querySelectorAll('.copy').length").as_u64().unwrap();
    (0..count)
        .map(|place| {
            let label = browser.run_with(
                "const button = document.querySelectorAll('.copy')[arguments[0]]; button.focus(); return button.ariaLabel",
                vec![place.into()],
            );
            browser.press(ENTER, false);
            let said = format!("return document.querySelectorAll('.copy')[{place}].textContent !== 'Copy'");
            assert!(browser.becomes(&said, std::time::Duration::from_secs(2)), "{label} does nothing");
            assert_eq!(browser.run("return document.activeElement.textContent"), "Copied", "{label}");
            let text = browser.wait_for("navigator.clipboard.readText().then(arguments[0], arguments[0])", vec![]);
            let name = label.as_str().unwrap().strip_prefix("Copy ").unwrap().to_owned();
            assert_eq!(browser.run("return document.querySelector('.status').textContent"), format!("Copied {name}"));
            (name, text.as_str().unwrap().to_owned())
        })
        .collect()
}

#[test]
#[ignore = "needs a browser: .ci/browser"]
fn a_button_copies_exactly_the_value() {
    let (browser, site) = (Browser::start(), Site::start(Deployment::known()));
    browser.open(&site.url("/release.json"));
    let facts: Value = serde_json::from_str(browser.run("return document.body.innerText").as_str().unwrap()).unwrap();
    let fact = |name: &str| facts[name].as_str().unwrap().to_owned();
    let (repository, image, sum, origin) = (fact("repository"), fact("image"), fact("executable_sha256"), site.url(""));
    let system = fact("system");
    let (name, _) = image.split_once('@').unwrap();
    let build = |output: &str| format!("nix build 'git+{repository}?rev={COMMIT}#packages.{system}.{output}'");
    let commands = |page: &str| -> Vec<String> {
        match page {
            "/" => vec![format!("{}\ncat result/digest", build("image"))],
            "/verify" => vec![
                format!(
                    "git clone THE-ADDRESS-YOU-KNOW walkthrough\ncd walkthrough\n\
                     git merge-base --is-ancestor {COMMIT} origin/HEAD && echo on the main branch"
                ),
                format!("curl -s {origin}/release.json"),
                format!("{}\ncat result/digest", build("image")),
                format!("skopeo inspect --format '{{{{.Digest}}}}' docker://{name}@{DIGEST}"),
                format!("{}\nsha256sum result/bin/walkthrough", build("default")),
                format!("git checkout A-REVISION-YOU-TRUST\nnix run .#verify -- --checkout . {origin}"),
                format!("gh attestation verify oci://{name}@{DIGEST} --repo OWNER/NAME-YOU-KNOW"),
                format!(
                    "docker run --rm --detach --name walkthrough --publish 8000:8000 {name}@{DIGEST}\n\
                     curl -s http://127.0.0.1:8000/release.json\ndocker stop walkthrough"
                ),
            ],
            "/walkthrough" => vec![
                format!("curl -s {origin}/release.json"),
                "cargo run".to_owned(),
                "nix build .#image\ncat result/digest".to_owned(),
                "nix flake check".to_owned(),
                "nix run .#rehearse".to_owned(),
                format!("nix run .#verify -- --checkout . {origin}"),
                "nix run .#deploy -- rollback staging --dry-run".to_owned(),
            ],
            "/health" => vec![format!("curl -s -H 'Accept: application/json' {origin}/health")],
            _ => vec![],
        }
    };
    permit(&browser, &site, "granted");
    for (page, names) in [
        ("/", "executable_sha256 commit run_url image image_digest"),
        (
            "/release",
            "system executable executable_sha256 repository commit run_url task availability_zone image image_digest",
        ),
        ("/verify", "image_digest executable_sha256"),
        ("/walkthrough", "image_digest"),
        ("/health", ""),
    ] {
        browser.open(&site.url(page));
        let copied = copied(&browser);
        let of = |command: bool| {
            copied.iter().filter(move |(name, _)| (name == "command") == command).map(|(_, text)| text.clone())
        };
        assert_eq!(of(false).collect::<Vec<_>>(), names.split_whitespace().map(fact).collect::<Vec<_>>(), "{page}");
        assert_eq!(of(true).collect::<Vec<_>>(), commands(page), "{page}");
        for (name, text) in &copied {
            assert!(name != "SHA-256 of the executable" || *text == sum, "{page}: {name}: {text}");
            assert!(name != "image digest" || text == DIGEST, "{page}: {name}: {text}");
        }
    }
}

#[test]
#[ignore = "needs a browser: .ci/browser"]
fn a_button_says_when_the_browser_refuses() {
    let (browser, site) = (Browser::start(), Site::start(Deployment::known()));
    browser.open(&site.url("/"));
    permit(&browser, &site, "denied");
    browser.run("document.querySelector('.copy').click()");
    let refused = "return document.querySelector('.copy').textContent === 'Refused'";
    assert!(browser.becomes(refused, std::time::Duration::from_secs(2)));
    let usual = "return document.querySelector('.copy').textContent === 'Copy'";
    assert!(browser.becomes(usual, std::time::Duration::from_secs(5)));
}

#[test]
#[ignore = "needs a browser: .ci/browser"]
fn a_value_that_is_selected_has_no_gaps() {
    let (browser, site) = (Browser::start(), Site::start(Deployment::known()));
    for page in ["/", "/release", "/verify"] {
        browser.open(&site.url(page));
        for width in [360, 1280] {
            browser.resize(width, 900);
            let wrong = browser.run(
                "return [...document.querySelectorAll('[data-copy]')].map((code) => {
                    getSelection().selectAllChildren(code);
                    return [getSelection().toString(), code.textContent];
                }).filter(([selected, text]) => selected !== text)",
            );
            assert_eq!(wrong, json!([]), "{page} at {width}");
        }
    }
}
