//! Imports go down, from a room to a lower one, and nowhere in a circle, in the service and in the deployer; those of the
//! deployer's protocol lead to nothing that does.
//!
//! Read from the source: what a file names by `crate::` or `super::` is what it knows. Its own tests count with it.

#![allow(clippy::unwrap_used, reason = "a test that unwraps what isn't there fails, as it should")]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use syn::UseTree;
use syn::visit::{self, Visit};

/// Of each crate the modules at its root, from the lowest up. A room may know those before it.
const CRATES: [(&str, &[&str]); 2] = [
    ("src", &["config", "facts", "pages", "server"]),
    (
        "ecs/src",
        &[
            // What is wanted, what AWS says, and what the process has.
            "service",
            "grammar",
            "observation",
            "infrastructure",
            "environment",
            "release",
            "revision",
            "causes",
            "proxy",
            "http",
            "interrupt",
            "progress",
            // What is asked, and what is made of it.
            "site",
            "log",
            "cloud",
            "render",
            "plan",
            "rollout",
            "discrepancy",
            "verification",
            // What is said and decided.
            "report",
            "error",
            "arguments",
            "protocol",
            // What does it.
            "failure",
            "wire",
            "aws",
            "prompt",
            "context",
            "driver",
            "commands",
        ],
    ),
];

/// A module by its path, such as `["facts", "release"]`; the root of the crate has none.
type Module = Vec<String>;

/// Each file's module, and those that it knows.
type Imports = BTreeMap<Module, BTreeSet<Module>>;

#[test]
fn no_import_runs_up() {
    for (root, rooms) in CRATES {
        assert_eq!(running_up(rooms, &imports(root)), Vec::<String>::new(), "{root}");
    }
}

#[test]
fn no_imports_close_a_circle() {
    for (root, _) in CRATES {
        assert_eq!(circle(&imports(root)), None, "{root}");
    }
}

#[test]
fn every_file_is_in_a_room() {
    for (root, rooms) in CRATES {
        let imports = imports(root);
        let found: BTreeSet<_> = imports.keys().filter_map(|module| module.first()).map(String::as_str).collect();
        assert_eq!(found, rooms.iter().copied().collect(), "{root}");
    }
}

/// What does, and what it does it by. The deployer's protocol decides, and has no use for any of it.
const DOING: [&str; 9] = ["arguments", "aws", "cloud", "commands", "driver", "http", "interrupt", "prompt", "wire"];

#[test]
fn the_deployers_protocol_knows_nothing_that_does() {
    assert_eq!(known_to_the_protocol(&imports("ecs/src")), Vec::<String>::new());
}

fn known_to_the_protocol(imports: &Imports) -> Vec<String> {
    let starts = |module: &Module, names: &[&str]| module.first().is_some_and(|first| names.contains(&first.as_str()));
    assert!(imports.keys().any(|module| starts(module, &["protocol"])), "there is a protocol");
    let edges = imports.iter().flat_map(|(from, all)| all.iter().map(move |to| (from, to)));
    let wrong = edges.filter(|(from, to)| starts(from, &["protocol"]) && starts(to, &DOING));
    wrong.map(|(from, to)| format!("{} knows {}", name(from), name(to))).collect()
}

#[test]
fn each_room_of_the_service_says_what_it_is_for() {
    let (root, rooms) = CRATES[0];
    for room in rooms {
        let text = fs::read_to_string(format!("{root}/{room}/mod.rs")).unwrap();
        assert!(text.starts_with("//! ") && text.contains(" know "), "{root}/{room}/mod.rs says what it may not know");
    }
}

#[test]
fn what_runs_up_or_in_a_circle_is_seen() {
    let seen = |files: &[(&str, &str)]| -> Imports {
        let names: BTreeSet<Module> = files.iter().map(|(name, _)| module(name)).collect();
        files.iter().map(|(name, text)| (module(name), known(&module(name), text, &names))).collect()
    };
    let running_up = |imports: &Imports| running_up(CRATES[0].1, imports);
    let up = seen(&[("facts.fact", "use crate::{config, pages::lists::{self}};"), ("pages.lists", ""), ("config", "")]);
    assert_eq!(running_up(&up), ["facts::fact knows pages::lists"]);
    let root = seen(&[("", "fn f() {}"), ("config", "fn g() { crate::f() }")]);
    assert_eq!(running_up(&root), ["config knows the crate's root"]);
    let called = seen(&[("config.a", "fn f() { super::b::g(); }"), ("config.b", "type T = crate::config::a::U;")]);
    assert!(circle(&called).is_some_and(|circle| circle.contains("config::a")));
    let deployer = seen(&[("protocol.watch", "use super::super::driver::Driver;"), ("driver", ""), ("protocol", "")]);
    assert_eq!(known_to_the_protocol(&deployer), ["protocol::watch knows driver"]);
    let own = seen(&[("config.a", "struct A; mod tests { use super::*; fn f(a: super::A) {} }"), ("config", "mod a;")]);
    assert_eq!((running_up(&own), circle(&own)), (vec![], None));
}

fn module(dotted: &str) -> Module {
    dotted.split('.').filter(|name| !name.is_empty()).map(str::to_owned).collect()
}

fn imports(root: &str) -> Imports {
    let mut texts = BTreeMap::new();
    read(Path::new(root), &Vec::new(), &mut texts);
    texts.extend(shared(Path::new(root), &texts[&Vec::new()]));
    assert!(texts.len() > 10, "{root} has too few files to be what was meant");
    let names = texts.keys().cloned().collect();
    texts.iter().map(|(module, text)| (module.clone(), known(module, text, &names))).collect()
}

fn read(folder: &Path, module: &Module, texts: &mut BTreeMap<Module, String>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_stem().unwrap().to_str().unwrap();
        let mut inner = module.clone();
        if path.is_dir() {
            inner.push(name.to_owned());
            read(&path, &inner, texts);
        } else if path.extension().is_some_and(|ending| ending == "rs") && name != "main" {
            if !["mod", "lib"].contains(&name) {
                inner.push(name.to_owned());
            }
            texts.insert(inner, fs::read_to_string(path).unwrap());
        }
    }
}

/// The files of another crate that the root has as modules of its own, by `#[path]`.
fn shared(folder: &Path, root: &str) -> Vec<(Module, String)> {
    let modules = syn::parse_file(root).unwrap().items.into_iter().filter_map(|item| match item {
        syn::Item::Mod(module) => Some(module),
        _ => None,
    });
    let path = |module: &syn::ItemMod| {
        let values = module.attrs.iter().filter_map(|attribute| attribute.meta.require_name_value().ok());
        match &values.into_iter().find(|value| value.path.is_ident("path"))?.value {
            syn::Expr::Lit(syn::ExprLit { lit: syn::Lit::Str(path), .. }) => Some(folder.join(path.value())),
            _ => None,
        }
    };
    let text =
        |module: syn::ItemMod| Some((vec![module.ident.to_string()], fs::read_to_string(path(&module)?).unwrap()));
    modules.filter_map(text).collect()
}

/// The modules that `text`, which is that of `module`, names.
fn known(module: &Module, text: &str, names: &BTreeSet<Module>) -> BTreeSet<Module> {
    let mut reader = Reader { within: module.clone(), paths: Vec::new() };
    reader.visit_file(&syn::parse_file(text).unwrap());
    let file = |path: &Module| (0..=path.len()).rev().map(|end| path[..end].to_vec()).find(|head| names.contains(head));
    reader.paths.iter().filter_map(file).filter(|known| known != module).collect()
}

/// Collects the paths within the crate, each from its root.
struct Reader {
    within: Module,
    paths: Vec<Module>,
}

impl Reader {
    fn take(&mut self, path: &[String]) {
        let ups = path.iter().take_while(|part| *part == "super").count();
        let base = match path[0].as_str() {
            "crate" => &[][..],
            "super" => &self.within[..self.within.len() - ups],
            _ => return,
        };
        let path = [base, &path[ups.max(1)..]].concat();
        self.paths.push(path);
    }

    fn take_tree(&mut self, before: &[String], tree: &UseTree) {
        let with = |name: &syn::Ident| [before, &[name.to_string()]].concat();
        match tree {
            UseTree::Path(path) => self.take_tree(&with(&path.ident), &path.tree),
            UseTree::Name(name) if name.ident == "self" => self.take(before),
            UseTree::Name(name) => self.take(&with(&name.ident)),
            UseTree::Rename(rename) => self.take(&with(&rename.ident)),
            UseTree::Glob(_) => self.take(before),
            UseTree::Group(group) => group.items.iter().for_each(|tree| self.take_tree(before, tree)),
        }
    }
}

impl<'a> Visit<'a> for Reader {
    fn visit_item_mod(&mut self, item: &'a syn::ItemMod) {
        self.within.push(item.ident.to_string());
        visit::visit_item_mod(self, item);
        self.within.pop();
    }

    fn visit_item_use(&mut self, item: &'a syn::ItemUse) {
        self.take_tree(&[], &item.tree);
    }

    /// `pub(crate)` names no module.
    fn visit_visibility(&mut self, _: &'a syn::Visibility) {}

    fn visit_path(&mut self, path: &'a syn::Path) {
        self.take(&path.segments.iter().map(|segment| segment.ident.to_string()).collect::<Vec<_>>());
        visit::visit_path(self, path);
    }
}

fn running_up(rooms: &[&str], imports: &Imports) -> Vec<String> {
    let floor = |module: &Module| rooms.iter().position(|room| module.first().is_some_and(|first| first == room));
    let edges = imports.iter().flat_map(|(from, all)| all.iter().map(move |to| (from, to)));
    // The root puts all of it together, and no room has a use for it.
    let up = edges.filter(|(from, to)| floor(from).is_some_and(|from| floor(to).is_none_or(|to| to > from)));
    up.map(|(from, to)| format!("{} knows {}", name(from), name(to))).collect()
}

/// One circle, if there is any: what is left when whoever knows nobody that is left has gone.
fn circle(imports: &Imports) -> Option<String> {
    let mut left = imports.clone();
    loop {
        let (going, staying): (Vec<_>, Vec<_>) =
            left.keys().cloned().partition(|module| left[module].iter().all(|known| !left.contains_key(known)));
        if staying.is_empty() {
            return None;
        }
        if going.is_empty() {
            let mut path = vec![staying[0].clone()];
            loop {
                let next = left[path.last().unwrap()].iter().find(|known| left.contains_key(*known)).unwrap().clone();
                if let Some(start) = path.iter().position(|module| *module == next) {
                    path.push(next);
                    return Some(path[start..].iter().map(name).collect::<Vec<_>>().join(" -> "));
                }
                path.push(next);
            }
        }
        left.retain(|module, _| staying.contains(module));
    }
}

fn name(module: &Module) -> String {
    if module.is_empty() { "the crate's root".to_owned() } else { module.join("::") }
}
