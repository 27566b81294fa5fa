//! Pictures of every page, for people to look at: nothing here fails for how one looks.

use std::path::{Path, PathBuf};
use std::time::Duration;

use browser::{Browser, Deployment, Site};

use crate::access::SETTLED;

/// A telephone, a tablet, and the laptops and screens that most people have.
const WIDTHS: &[u32] = &[360, 768, 1280, 1366, 1920];
/// A sheet of A4 without its margins.
const PAPER: &[u32] = &[703];

/// What each is called, the medium, what a visitor prefers, and the widths.
const LOOKS: [(&str, &str, &str, &str, &[u32]); 4] = [
    ("light", "", "prefers-color-scheme", "light", WIDTHS),
    ("dark", "", "prefers-color-scheme", "dark", WIDTHS),
    ("forced-colours", "", "forced-colors", "active", &[1280]),
    ("paper", "print", "prefers-color-scheme", "dark", PAPER),
];

#[test]
#[ignore = "needs a browser: .ci/browser"]
fn every_page_has_its_picture_taken() {
    let folder = std::env::var_os("PICTURES")
        .map_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../../target/browser"), PathBuf::from);
    std::fs::create_dir_all(&folder).unwrap();
    let browser = Browser::start();
    for deployment in [Deployment::known(), Deployment::unknown(), Deployment::long()] {
        let site = Site::start(deployment);
        for page in Site::PAGES {
            browser.open(&site.url(page));
            assert!(browser.becomes(SETTLED, Duration::from_secs(10)));
            for (look, medium, feature, value, widths) in LOOKS {
                // Without motion, no picture shows the colours half way.
                browser.prefer(medium, &[(feature, value), ("prefers-reduced-motion", "reduce")]);
                for width in widths {
                    let name = if page == "/" { "overview" } else { &page[1..] };
                    let file = format!("{} {name} {width} {look}.png", site.deployment.name).replace(' ', "-");
                    let picture = browser.picture(*width);
                    assert!(picture.len() > 5_000, "{file} shows nothing");
                    std::fs::write(folder.join(file), picture).unwrap();
                }
            }
        }
    }
}
