//! Every page answers, shows the facts it has, and says so where it has none.

use std::collections::BTreeSet;

use crate::service::{COMMIT, PAGES, client, deployment, release, text};
use rocket::http::{Header, Status};

#[test]
fn every_page_answers_with_no_setup_at_all() {
    let client = client(&[]);
    for path in PAGES {
        let response = client.get(path).dispatch();
        assert_eq!(response.status(), Status::Ok, "{path}");
        assert_eq!(response.headers().get_one("Content-Type"), Some("text/html; charset=utf-8"), "{path}");
        let page = response.into_string().unwrap();
        assert!(page.contains("</html>") && page.contains("local"), "{path}");
    }
}

#[test]
fn the_document_of_the_release_has_every_fact_and_null_for_what_is_not_known() {
    let facts = |variables| release(&client(variables));
    let bare = facts(&[]);
    let names = [
        "name",
        "version",
        "environment",
        "system",
        "started_at",
        "commit",
        "repository",
        "run_url",
        "image",
        "image_digest",
        "task",
        "availability_zone",
        "executable",
        "executable_sha256",
        "dependencies",
    ];
    assert_eq!(bare.as_object().unwrap().len(), names.len());
    for name in names {
        assert!(bare.get(name).is_some(), "{name} is missing");
    }
    assert_eq!(bare["environment"], "local");
    for name in ["commit", "repository", "run_url", "image", "image_digest", "task", "availability_zone"] {
        assert!(bare[name].is_null(), "{name} is guessed");
    }
    let deployed = facts(&deployment());
    assert_eq!(deployed["environment"], "staging");
    assert_eq!(deployed["commit"], COMMIT);
    assert_eq!(deployed["repository"], "https://example.org/walkthrough");
}

#[test]
fn the_digest_of_the_executable_is_that_of_its_bytes() {
    let facts = release(&client(&[]));
    let bytes = std::fs::read(facts["executable"].as_str().unwrap()).unwrap();
    let digest = <sha2::Sha256 as sha2::Digest>::digest(&bytes);
    let digest = u128::from_be_bytes(digest[..16].try_into().unwrap());
    assert!(facts["executable_sha256"].as_str().unwrap().starts_with(&format!("{digest:032x}")));
}

#[test]
fn scripts_of_other_environments_may_read_the_release_and_nothing_else() {
    let client = client(&[]);
    for path in ["/", "/release", "/release.json", "/health", "/metrics", "/nothing"] {
        let response = client.get(path).header(Header::new("Origin", "https://dev.example.org")).dispatch();
        let expected = (path == "/release.json").then_some("*");
        assert_eq!(response.headers().get_one("Access-Control-Allow-Origin"), expected, "{path}");
    }
}

#[test]
fn the_pages_show_what_is_known() {
    let client = client(&deployment());
    for path in PAGES {
        let page = client.get(path).dispatch().into_string().unwrap();
        assert!(page.contains("staging"), "{path} does not name its environment");
        assert!(page.contains(&COMMIT[..7]), "{path} does not name its commit");
    }
    let verify = text(&client.get("/verify").dispatch().into_string().unwrap());
    assert!(verify.contains(&format!("https://example.org/walkthrough?rev={COMMIT}")));
}

#[test]
fn the_pages_say_why_something_is_not_known() {
    let client = client(&[]);
    let release = client.get("/release").dispatch().into_string().unwrap();
    for reason in ["WALKTHROUGH_COMMIT is not set", "ECS_CONTAINER_METADATA_URI_V4 is not set", "cargo-auditable"] {
        assert!(release.contains(reason), "{reason}");
    }
    let dependencies = client.get("/dependencies").dispatch().into_string().unwrap();
    assert!(dependencies.contains("cargo auditable build"), "how to get the list is not said");
    for (accept, form) in [("text/html", "</html>"), ("application/json", r#""status":404"#)] {
        let bill = client.get("/sbom.cdx.json").header(Header::new("Accept", accept)).dispatch();
        assert_eq!(bill.status(), Status::NotFound);
        let why = bill.into_string().unwrap();
        assert!(why.contains("cargo auditable build") && why.contains(form), "{why}");
    }
}

#[test]
fn a_value_can_not_break_out_of_the_page() {
    let client = client(&[("WALKTHROUGH_REPOSITORY", "https://example.org/'a'&b$(c)!")]);
    let page = |path| text(&client.get(path).dispatch().into_string().unwrap());
    assert!(page("/release").contains("&#x27;a&#x27;&amp;b"), "the value is not shown as text");
    // Nor out of a command, in a shell.
    for path in ["/", "/verify"] {
        let page = page(path);
        let commands: Vec<_> = page.match_indices("git+").collect();
        assert!(!commands.is_empty(), "{path}");
        for (at, _) in commands {
            let command = &page[at..];
            assert!(command.starts_with("git+https://example.org/%27a%27&amp;b$(c)!"), "{path}: {command}");
            assert!(page[..at].ends_with("nix build '"), "{path}: {command}");
        }
    }
}

#[test]
fn nobody_is_asked_to_run_what_they_want_to_check() {
    let client = client(&deployment());
    let page = text(&client.get("/verify").dispatch().into_string().unwrap());
    let commands: Vec<_> = page.lines().filter(|line| line.contains("nix run ")).collect();
    assert!(!commands.is_empty(), "there is no verifier");
    for command in commands {
        assert!(command.contains("nix run .#verify -- --checkout . "), "{command}");
    }
    // Whose commit it is comes before what it builds.
    let known = page.find(&format!("git merge-base --is-ancestor {COMMIT} origin/HEAD")).unwrap();
    assert!(known < page.find("nix build").unwrap());
    for said in ["--option substitute false", "gh attestation verify", "docker run", "private repository", "look-alike"]
    {
        assert!(page.contains(said), "{said}");
    }
}

#[test]
fn the_contact_for_reports_is_the_repository_and_has_a_date_to_come() {
    let response = client(&deployment()).get("/.well-known/security.txt").dispatch().into_string().unwrap();
    assert!(response.starts_with("Contact: https://example.org/walkthrough\n"), "{response}");
    let expires = response.lines().find_map(|line| line.strip_prefix("Expires: ")).unwrap();
    let now = time::OffsetDateTime::now_utc().year();
    let year: i32 = expires[..4].parse().unwrap();
    assert!((now..=now + 1).contains(&year), "{expires}");

    let client = client(&[]);
    let unknown = client.get("/.well-known/security.txt").dispatch();
    assert_eq!(unknown.status(), Status::NotFound);
    assert!(unknown.into_string().unwrap().contains("WALKTHROUGH_REPOSITORY is not set"));
}

#[test]
fn a_commit_leads_to_its_page_on_a_forge_that_is_known_and_nowhere_else() {
    for (repository, commits) in [
        ("https://github.com/o/r", Some("https://github.com/o/r/commit/")),
        ("https://github.com/o/r.git", Some("https://github.com/o/r/commit/")),
        ("http://GitHub.com/o/r.git/", Some("https://github.com/o/r/commit/")),
        ("https://acme.ghe.com/o/r", Some("https://acme.ghe.com/o/r/commit/")),
        ("https://gitlab.com/group/under/r.git", Some("https://gitlab.com/group/under/r/-/commit/")),
        ("https://bitbucket.org/o/r", Some("https://bitbucket.org/o/r/commits/")),
        ("https://codeberg.org/o/r.git", Some("https://codeberg.org/o/r/commit/")),
        ("https://gitea.com/o/r", Some("https://gitea.com/o/r/commit/")),
        ("https://git.sr.ht/~o/r", Some("https://git.sr.ht/~o/r/commit/")),
        ("https://git.example.org/o/r.git", None),
        ("https://github.com.example.org/o/r", None),
        ("https://github.com:8443/o/r", None),
        ("https://github.com/o", None),
        ("https://github.com/o/r/tree/main", None),
        ("https://gitlab.com/o/r/-/tree/main", None),
        ("https://git.sr.ht/o/r", None),
        ("https://hg.sr.ht/~o/r", None),
    ] {
        let client = client(&[("WALKTHROUGH_REPOSITORY", repository), ("WALKTHROUGH_COMMIT", COMMIT)]);
        for path in PAGES {
            let page = client.get(path).dispatch().into_string().unwrap().replace("&#x2f;", "/");
            let links: BTreeSet<_> = page.split("href=\"").skip(1).filter_map(|rest| rest.split('"').next()).collect();
            let commits: BTreeSet<_> = commits.iter().map(|commits| format!("{commits}{COMMIT}")).collect();
            let found: BTreeSet<_> =
                links.into_iter().filter(|link| link.ends_with(COMMIT)).map(str::to_owned).collect();
            assert_eq!(found, commits, "{path} of {repository}");
            assert!(page.contains(&COMMIT[..7]), "{path} of {repository}");
        }
    }
}

#[test]
fn the_environments_stand_in_the_order_of_the_route_and_this_one_is_among_them() {
    let order = |environment: &str, peers: &str| {
        let client = client(&[("WALKTHROUGH_ENVIRONMENT", environment), ("WALKTHROUGH_PEERS", peers)]);
        let page = client.get("/").dispatch().into_string().unwrap();
        let Some((_, board)) = page.split_once("<ol class=\"board\"") else { return Vec::new() };
        let board = board.split("</ol>").next().unwrap();
        let own = board.matches("This site").count();
        assert_eq!((own, board.matches("<li class=\"own\"").count()), (1, 1), "{environment}");
        board.split("<h3>").skip(1).map(|name| name.split('<').next().unwrap().to_owned()).collect()
    };
    let peers = "production=https://p.example.org,x=https://x.example.org,dev=https://d.example.org";
    assert_eq!(order("staging", peers), ["dev", "staging", "production", "x"]);
    assert_eq!(order("local", peers), ["dev", "production", "x", "local"]);
    assert_eq!(order("dev", peers), ["dev", "production", "x"]);
    assert_eq!(order("dev", ""), [""; 0], "there is nothing to compare with");
}

/// The stops of the route: the class, and where its evidence is or what is said in its place.
fn stops(variables: &[(&str, &str)]) -> Vec<(String, String)> {
    let page = client(variables).get("/").dispatch().into_string().unwrap().replace("&#x2f;", "/");
    let route = page.split("<ol class=\"route\"").nth(1).unwrap().split("</ol>").next().unwrap();
    let stop = |text: &str| {
        let class = text.split('"').next().unwrap().to_owned();
        let class = if text.contains("aria-current=\"step\"") { class + " here" } else { class };
        let evidence = text.split("<p class=\"evidence\">").nth(1).unwrap();
        let words = evidence.split("</p>").next().unwrap();
        let link = words.split("href=\"").nth(1).and_then(|link| link.split('"').next());
        (class, link.unwrap_or(words).to_owned())
    };
    route.split("<li class=\"").skip(1).map(stop).collect()
}

#[test]
fn each_stop_of_the_route_has_its_evidence_or_says_that_there_is_none() {
    let own = |stops: &[(&str, &str)]| -> Vec<(String, String)> {
        stops.iter().map(|(class, evidence)| ((*class).to_owned(), (*evidence).to_owned())).collect()
    };
    let mut known = deployment();
    known.push(("WALKTHROUGH_REPOSITORY", "https://github.com/o/r"));
    let commit = format!("https://github.com/o/r/commit/{COMMIT}");
    let none = "No evidence here";
    let expected = [
        ("commit", commit.as_str()),
        ("check", &format!("{commit}/checks")),
        ("build", "/verify#rebuild"),
        // Without a platform there is no digest, and no image.
        ("digest", none),
        ("push", none),
        ("registry", none),
        ("dev", "https://dev.example.org/release"),
        ("staging here", "https://example.org/walkthrough/runs/1"),
        ("approval ahead", "Ahead"),
        ("production ahead", "https://www.example.org/release"),
    ];
    assert_eq!(stops(&known), own(&expected));

    // Nothing is known, and what runs here did not come this way.
    let classes =
        "commit,check,build,digest,push ahead,registry ahead,dev ahead,staging ahead,approval ahead,production ahead";
    let expected: Vec<_> = classes.split(',').map(|class| (class, none)).collect();
    assert_eq!(stops(&[]), own(&expected));

    let production = stops(&[("WALKTHROUGH_ENVIRONMENT", "production")]);
    assert!(production.iter().all(|(class, _)| !class.contains("ahead")), "{production:?}");
    assert_eq!(production.last().unwrap(), &("production here".to_owned(), none.to_owned()));
}

#[test]
fn what_was_run_for_a_commit_is_linked_where_a_forge_has_a_page_for_it() {
    for (repository, checks) in [
        ("https://acme.ghe.com/o/r", Some("https://acme.ghe.com/o/r/commit/C/checks")),
        ("https://gitlab.com/o/r", Some("https://gitlab.com/o/r/-/commit/C/pipelines")),
        ("https://bitbucket.org/o/r", None),
        ("https://codeberg.org/o/r", None),
        ("https://git.sr.ht/~o/r", None),
    ] {
        let stops = stops(&[("WALKTHROUGH_REPOSITORY", repository), ("WALKTHROUGH_COMMIT", COMMIT)]);
        let expected =
            checks.map_or("No evidence here".to_owned(), |checks| checks.replace("/C/", &format!("/{COMMIT}/")));
        assert_eq!(stops[1].1, expected, "{repository}");
    }
}

#[test]
fn the_boxes_are_numbered_in_the_order_in_which_they_are_read() {
    let client = client(&deployment());
    let numbers = |path| -> Vec<u8> {
        let page = client.get(path).dispatch().into_string().unwrap();
        page.split("<dt><b>").skip(1).map(|rest| rest.split('<').next().unwrap().parse().unwrap()).collect()
    };
    assert_eq!(numbers("/release"), (1..=14).collect::<Vec<_>>());
    let overview = numbers("/");
    assert!(overview.len() > 5 && overview.is_sorted(), "{overview:?}");
}

#[test]
fn every_page_says_what_it_is_where_a_link_to_it_is_posted() {
    let client = client(&deployment());
    for path in PAGES {
        let page = client.get(path).dispatch().into_string().unwrap();
        let content = |name: &str| {
            let (_, rest) =
                page.split_once(&format!("<meta {name} content=\"")).unwrap_or_else(|| panic!("{path}: {name}"));
            rest.split('"').next().unwrap().to_owned()
        };
        let title = page.split("<title>").nth(1).unwrap().split('<').next().unwrap();
        assert_eq!(content("property=\"og:title\""), title, "{path}");
        assert_eq!(content("property=\"og:description\""), content("name=\"description\""), "{path}");
        assert_eq!(content("property=\"og:site_name\""), "walkthrough in staging", "{path}");
        assert!(page.contains("<a href=\"https:&#x2f;&#x2f;example.org&#x2f;walkthrough\">Source</a>"), "{path}");
    }
}

#[test]
fn the_tour_leads_to_files_of_the_running_commit_that_are_there() {
    for (repository, before) in [
        ("https://github.com/o/r", format!("https://github.com/o/r/blob/{COMMIT}/")),
        ("https://gitlab.com/o/r", format!("https://gitlab.com/o/r/-/blob/{COMMIT}/")),
        ("https://bitbucket.org/o/r", format!("https://bitbucket.org/o/r/src/{COMMIT}/")),
        ("https://codeberg.org/o/r", format!("https://codeberg.org/o/r/src/commit/{COMMIT}/")),
        ("https://git.sr.ht/~o/r", format!("https://git.sr.ht/~o/r/tree/{COMMIT}/item/")),
        ("https://git.example.org/o/r", String::new()),
    ] {
        let client = client(&[("WALKTHROUGH_REPOSITORY", repository), ("WALKTHROUGH_COMMIT", COMMIT)]);
        let page = client.get("/walkthrough").dispatch().into_string().unwrap().replace("&#x2f;", "/");
        let stations = page.split("<p class=\"files\">").skip(1).map(|rest| rest.split("</p>").next().unwrap());
        let named: Vec<_> = stations.flat_map(|files| files.split("<code>").skip(1)).collect();
        assert!(named.len() >= 7, "{named:?}");
        for path in named.into_iter().map(|rest| rest.split('<').next().unwrap()) {
            assert!(std::path::Path::new(path).is_file(), "{path} is not there");
            let linked = page.contains(&format!("<a href=\"{before}{path}\"><code>{path}</code></a>"));
            assert_eq!(linked, !before.is_empty(), "{path} of {repository}");
        }
    }
}

#[test]
fn two_commits_are_compared_on_a_forge_that_can() {
    for (repository, prefix) in [
        ("https://github.com/o/r.git", "https://github.com/o/r/compare/"),
        ("https://acme.ghe.com/o/r", "https://acme.ghe.com/o/r/compare/"),
        ("https://gitlab.com/o/r", "https://gitlab.com/o/r/-/compare/"),
        ("https://codeberg.org/o/r", "https://codeberg.org/o/r/compare/"),
        ("https://bitbucket.org/o/r", ""),
        ("https://git.sr.ht/~o/r", ""),
        ("https://git.example.org/o/r", ""),
    ] {
        let peers = ("WALKTHROUGH_PEERS", "dev=https://dev.example.org");
        let page = client(&[("WALKTHROUGH_REPOSITORY", repository), peers]).get("/").dispatch().into_string().unwrap();
        assert!(page.replace("&#x2f;", "/").contains(&format!("data-compare=\"{prefix}\"")), "{repository}");
    }
}

#[test]
fn reports_go_to_the_form_where_there_is_one_and_never_in_the_clear() {
    let contact = |repository| {
        let client = client(&[("WALKTHROUGH_REPOSITORY", repository)]);
        let response = client.get("/.well-known/security.txt").dispatch();
        (response.status(), response.into_string().unwrap())
    };
    let (github, gitlab) = ("https://github.com/o/r/security/advisories/new", "https://gitlab.com/o/r/-/issues/new");
    for (repository, form) in [
        ("https://github.com/o/r", github),
        ("https://github.com/o/r.git", github),
        ("https://GitHub.com/o/r/", github),
        ("http://github.com/o/r", github),
        ("https://gitlab.com/o/r.git", &format!("{gitlab}?issue%5Bconfidential%5D=true")),
        ("https://codeberg.org/o/r.git", "https://codeberg.org/o/r"),
        ("https://git.example.org/o/r.git", "https://git.example.org/o/r.git"),
    ] {
        let (_, text) = contact(repository);
        assert!(text.starts_with(&format!("Contact: {form}\n")), "{repository}: {text}");
    }
    assert_eq!(contact("http://git.example.org/walkthrough").0, Status::NotFound);
}

#[test]
fn head_gives_what_get_gives_but_the_body() {
    let client = client(&[]);
    for path in PAGES.into_iter().chain(["/release.json", "/metrics", "/robots.txt", "/favicon.ico"]) {
        let get = client.get(path).dispatch();
        let head = client.head(path).dispatch();
        assert_eq!(head.status(), Status::Ok, "{path}");
        if !path.contains("metrics") {
            assert_eq!(head.body().preset_size(), get.body().preset_size(), "{path}");
        }
        for name in ["Content-Type", "ETag", "Cache-Control", "Vary"] {
            assert_eq!(head.headers().get_one(name), get.headers().get_one(name), "{path}: {name}");
        }
        assert!(head.into_bytes().unwrap_or_default().is_empty(), "{path}");
    }
}
