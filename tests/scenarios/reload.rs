//! In a debug build a changed page is the next one that is served.

use std::path::Path;
use std::time::{Duration, Instant};

use crate::service::{Server, copy};

#[test]
#[cfg_attr(not(debug_assertions), ignore = "a release build reads its templates once")]
fn a_changed_template_and_a_changed_style_are_served_at_once() {
    let folder = tempfile::tempdir().unwrap();
    let (templates, statics) = (folder.path().join("templates"), folder.path().join("static"));
    copy(Path::new("templates"), &templates);
    copy(Path::new("static"), &statics);
    let server = Server::start(&[
        ("ROCKET_TEMPLATE_DIR", templates.to_str().unwrap()),
        ("WALKTHROUGH_STATIC_DIR", statics.to_str().unwrap()),
    ]);

    let change = |name: &str, from: &str, to: &str| {
        let path = templates.join(name);
        let text = std::fs::read_to_string(&path).unwrap();
        assert!(text.contains(from), "{name} has no {from}");
        std::fs::write(&path, text.replace(from, to)).unwrap();
    };
    // The watcher tells of a change a moment after it.
    let shows = |path: &str, text: &str| {
        let deadline = Instant::now() + Duration::from_secs(5);
        while Instant::now() < deadline {
            if server.get(path).1.contains(text) {
                return true;
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        false
    };
    change("base.html.j2", "</body>", "a new footer</body>");
    for path in ["/", "/health", "/nothing"] {
        assert!(shows(path, "a new footer"), "{path}");
    }

    std::fs::write(statics.join("style.css"), "a { color: red }").unwrap();
    let page = server.get("/").1;
    let style = page.split('"').find(|part| part.starts_with("/static/style.")).unwrap();
    assert_eq!(server.get(style).1, "a { color: red }");

    // A fault keeps the former pages, also those that were not asked for before; mended, the new ones come.
    change("verify.html.j2", "{% endblock", "{% fault %}{% endblock");
    let deadline = Instant::now() + Duration::from_secs(5);
    while server.log_so_far("the changed templates are not used").is_none() {
        assert!(Instant::now() < deadline, "the fault is not told");
        server.get("/health");
        std::thread::sleep(Duration::from_millis(20));
    }
    assert_eq!(server.get("/verify").0, 200);
    change("verify.html.j2", "{% fault %}", "a mended page");
    assert!(shows("/verify", "a mended page"));
}
