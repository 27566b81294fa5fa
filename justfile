# The commands of CONTRIBUTING.md and of .ci/run by name: https://just.systems. Each can be typed without it.

# List the recipes
default:
    @just --list

# Serve the site on http://127.0.0.1:8000
run *arguments:
    cargo run -- {{ arguments }}

# Test both crates; with arguments those of cargo test, such as -p deploy --test scenarios rollback
test *arguments="--workspace":
    cargo test --locked {{ arguments }}

# Format what cargo formats
fmt:
    cargo fmt --all

# Find what the compiler, clippy and rustdoc have to say
lint:
    cargo fmt --all --check
    cargo clippy --workspace --all-targets --locked -- -D warnings
    RUSTDOCFLAGS="-D warnings" cargo doc --workspace --no-deps --locked --quiet

# Try every order of events on the deployer's protocol; two mishaps take minutes and gigabytes
explore mishaps="1":
    MISHAPS={{ mishaps }} cargo test --workspace --locked --test exploration -- --nocapture

# Test the scripts under nix/ and .github/; with names only those
apps *tests:
    tests/apps/programs.py target/apps
    .ci/strict target/apps/tests {{ tests }}

# Execute the workflows with act; with names only those tests
workflows *tests:
    PATH="$(.ci/python):$PATH" python tests/workflows {{ tests }}

# Look at every page in a real Chromium
browser:
    .ci/browser

# Check stacks, roles and documents against AWS's own data
stacks:
    PATH="$(.ci/python):$PATH" .ci/stacks

# Give the service another name, everywhere: docs/make-it-yours.md
rename name:
    scripts/rename {{ quote(name) }}

# Everything that can be checked without Nix
check:
    .ci/run

# Everything that can be checked with Nix
flake-check:
    nix flake check --print-build-logs

# Build the image; its digest is in result/digest
image:
    nix build .#image

# Rehearse a whole release on this machine, with no cloud
rehearse:
    nix run .#rehearse
