//! Pictures of every page, for people to look at: nothing here fails for how one looks.

use std::path::{Path, PathBuf};

use browser::{Browser, Deployment, Site};

/// A telephone, a tablet, and the laptops and screens that most people have.
const WIDTHS: [u32; 5] = [360, 768, 1280, 1366, 1920];

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
            for colours in ["light", "dark"] {
                // Without motion, no picture shows the colours half way.
                browser.prefer("", &[("prefers-color-scheme", colours), ("prefers-reduced-motion", "reduce")]);
                for width in WIDTHS {
                    let name = page.trim_start_matches('/');
                    let name = if name.is_empty() { "overview" } else { name };
                    let file = format!("{} {name} {width} {colours}.png", site.deployment.name).replace(' ', "-");
                    let picture = browser.picture(width);
                    assert!(picture.len() > 10_000, "{file} shows nothing");
                    std::fs::write(folder.join(file), picture).unwrap();
                }
            }
        }
    }
}
