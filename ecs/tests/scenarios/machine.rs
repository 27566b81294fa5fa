//! What the deployer needs of the machine that it runs on: as little as it can, and what is missing is named.

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

use aws_stand_in::{Fate, Script};

use crate::network::{Authority, behind_tls, proxy};
use crate::story::{FIRST, FIRST_COMMIT, Story, end, image};

fn first() -> Story {
    Story::begin(Script::default().image(FIRST, Fate::Healthy))
}

fn apply_first(story: &Story) -> Command {
    story.command(&["apply", "staging", "--image", &image(FIRST), "--commit", FIRST_COMMIT])
}

/// No root certificate is found anywhere.
fn without_roots(command: &mut Command, story: &Story) {
    command.env("SSL_CERT_FILE", story.file("no-such-file")).env("SSL_CERT_DIR", story.folder.path());
}

#[test]
fn without_root_certificates_http_works() {
    let story = first();
    let mut command = apply_first(&story);
    without_roots(&mut command, &story);
    end(command.spawn().unwrap()).expect(0, &["walkthrough-staging:1 is deployed and verified"]);
}

#[test]
fn root_certificates_that_are_none_are_as_good_as_missing() {
    let story = first();
    let nonsense = "-----BEGIN CERTIFICATE-----\nbm8gY2VydGlmaWNhdGU=\n-----END CERTIFICATE-----\n";
    fs::write(story.file("roots.pem"), nonsense).unwrap();
    let mut command = apply_first(&story);
    command.env("SSL_CERT_FILE", story.file("roots.pem"));
    end(command.spawn().unwrap()).expect(0, &["walkthrough-staging:1 is deployed and verified"]);
}

#[test]
fn without_root_certificates_a_site_by_https_is_refused_before_anything_is_asked() {
    let story = first();
    story.describe("url", "\"https://127.0.0.1:1\"");
    let commands = [
        apply_first(&story),
        story.command(&["plan", "staging", "--image", &image(FIRST), "--commit", FIRST_COMMIT]),
        story.command(&["status", "staging"]),
        story.command(&["verify", "staging"]),
        story.command(&["rollback", "staging"]),
    ];
    for mut command in commands {
        without_roots(&mut command, &story);
        end(command.spawn().unwrap()).expect(
            4,
            &["no root certificates", "SSL_CERT_FILE is", "SSL_CERT_DIR is", "no-such-file", "ca-certificates"],
        );
    }
    assert_eq!(story.aws.calls(), [""; 0]);
}

#[test]
fn without_root_certificates_aws_by_https_is_not_asked() {
    let story = first();
    let mut command = apply_first(&story);
    without_roots(&mut command, &story);
    command.env("AWS_ENDPOINT_URL", "https://127.0.0.1:1");
    let ended = end(command.spawn().unwrap());
    ended.expect(5, &["cloudformation:DescribeStacks: no root certificates", "no-such-file", "ca-certificates"]);
}

#[test]
fn an_authority_that_is_named_counts_for_the_site_and_for_aws() {
    let story = first();
    let authority = Authority::new();
    let address = behind_tls(authority.certificate_for(&["127.0.0.1"]), story.address());
    story.describe("url", &format!("\"https://{address}/site\""));
    fs::write(story.file("authority.pem"), authority.pem()).unwrap();
    fs::create_dir(story.file("authorities")).unwrap();
    fs::write(story.file("authorities/ours.pem"), authority.pem()).unwrap();
    for (variable, name) in [("SSL_CERT_FILE", "authority.pem"), ("SSL_CERT_DIR", "authorities")] {
        let mut command = apply_first(&story);
        command.env(variable, story.file(name)).env("AWS_ENDPOINT_URL", format!("https://{address}"));
        end(command.spawn().unwrap()).expect(0, &["walkthrough-staging:1"]);
    }
}

#[test]
fn a_proxy_is_the_way_to_aws_and_to_the_site() {
    let story = first();
    let authority = Authority::new();
    // Names that nobody but the proxy could resolve.
    let identity = authority.certificate_for(&["aws.example.org", "site.example.org"]);
    let (address, asked) = proxy(behind_tls(identity, story.address()));
    story.describe("url", "\"https://site.example.org/site\"");
    fs::write(story.file("authority.pem"), authority.pem()).unwrap();
    for variable in ["HTTPS_PROXY", "https_proxy", "ALL_PROXY"] {
        asked.lock().unwrap().clear();
        let mut command = apply_first(&story);
        command.env("SSL_CERT_FILE", story.file("authority.pem"));
        // The image's configuration is by HTTP here, and from this machine.
        command.env(variable, format!("http://somebody:secret@{address}")).env("NO_PROXY", "127.0.0.1");
        command.env("AWS_ENDPOINT_URL", "https://aws.example.org");
        end(command.spawn().unwrap()).expect(0, &["walkthrough-staging:1"]);
        let asked = asked.lock().unwrap();
        for host in ["aws.example.org", "site.example.org"] {
            let of_host: Vec<_> = asked.iter().filter(|head| head.contains(host)).collect();
            assert!(!of_host.is_empty(), "{variable}: {host} was not asked for");
            // "somebody:secret", in base 64.
            let named = |head: &&String| {
                let head = head.to_ascii_lowercase();
                head.starts_with("connect ") && head.contains("proxy-authorization: basic c29tzwjvzhk6c2vjcmv0")
            };
            assert!(of_host.iter().all(named), "{of_host:?}");
        }
    }
}

#[test]
fn who_is_not_to_be_asked_through_the_proxy_is_asked_directly() {
    let story = first();
    // A port that nobody can listen on.
    let proxies = [("HTTP_PROXY", "http://127.0.0.1:1"), ("HTTPS_PROXY", "http://127.0.0.1:1")];
    let mut command = apply_first(&story);
    end(command.envs(proxies).spawn().unwrap()).expect(5, &["cloudformation:DescribeStacks: it can't be reached"]);
    let with_port = story.address().to_string();
    for (variable, hosts) in [
        ("NO_PROXY", "127.0.0.1"),
        ("NO_PROXY", "example.org, 127.0.0.0/8"),
        ("NO_PROXY", "example.org 127.0.0.1"),
        ("NO_PROXY", &with_port),
        ("NO_PROXY", "*"),
        ("no_proxy", "example.org,*"),
    ] {
        let mut command = apply_first(&story);
        command.envs(proxies).env(variable, hosts);
        end(command.spawn().unwrap()).expect(0, &["walkthrough-staging:1"]);
    }
}

/// On a machine with nothing but the C library: no /etc, no home, no time zones, no file that may be written but the
/// descriptions' own.
#[test]
fn nothing_of_the_machine_is_needed_that_is_not_named() {
    let story = first();
    let program = env!("CARGO_BIN_EXE_deploy");
    let empty = ["/etc", "/home", "/root", "/run", "/usr/share", "/var"];
    let empty = empty.into_iter().filter(|folder| Path::new(folder).is_dir());
    let mut bare = Command::new("bwrap");
    bare.args(["--unshare-user", "--ro-bind", "/", "/"]).args(empty.flat_map(|folder| ["--tmpfs", folder]));
    for path in [Path::new(program), story.folder.path()] {
        bare.arg("--ro-bind").args([path, path]);
    }
    bare.args(["--chdir", "/", "--"]).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let (plain, arguments) = (apply_first(&story), ["--version"]);
    let mut probe = Command::new("bwrap");
    probe.args(["--unshare-user", "--ro-bind", "/", "/", "--", program]).args(arguments);
    if !probe.output().is_ok_and(|probed| probed.status.success()) {
        eprintln!("SKIPPED: bwrap can't make a namespace here, so that nothing shows what of the machine is needed");
        return;
    }
    bare.arg(program).args(plain.get_args());
    // bwrap itself is found by what is not handed on.
    let handed_on = plain.get_envs().filter_map(|(name, value)| Some((name, value?)));
    bare.envs(handed_on).env_remove("SSL_CERT_FILE").env_remove("SSL_CERT_DIR").env_remove("HOME").env_remove("TZ");
    end(bare.spawn().unwrap()).expect(0, &["walkthrough-staging:1 is deployed and verified"]);

    // The same, where it would need one thing of it.
    story.describe("url", "\"https://127.0.0.1:1\"");
    end(bare.spawn().unwrap()).expect(4, &["neither SSL_CERT_FILE nor SSL_CERT_DIR is set", "/etc/ssl/certs"]);
}
