# Scans what the image holds for known vulnerabilities, and makes sure that the scanners saw it. See --help.

usage() {
  cat <<'HELP'
usage: scan [--pinned] [--sarif FILE] [--table FILE] [LAYOUT]

Scans an image, LAYOUT/oci, by three scanners with today's databases:
  cargo audit   the crates that are linked into the executable
  Trivy         the image
  vulnix        what is linked into the executable statically besides: the C library
and holds against each what it must have seen. A scanner that saw nothing finds nothing.

  --sarif FILE   write the findings as SARIF 2.1.0, for GitHub's code scanning
  --table FILE   write the table as well as printing it, and to the summary of a run in GitHub
  --pinned       ask no network: the crates against the advisories pinned by the flake alone, whose age is told
                 and not judged. For rehearsals; it is no gate

What fails: an advisory for a linked crate; CRITICAL and HIGH in the image, if there is a version in which they are
mended; 7.0 and more, or no score, in the C library, unless it is allowed for a time and a reason by the allow-list.
Everything else is listed and passes.

Exit codes:
  0  nothing that fails
  1  something fails
  2  wrong arguments, or no image; nothing was asked
  3  a scanner can't be trusted: it did not run, saw less than there is, or had a stale database

Environment, as the flake sets it: IMAGE, the default of LAYOUT; ADVISORY_DB, the pinned advisories; LINKED, a JSON
file with name and patches of what is linked; VULNIX_ALLOWED, the allow-list. ADVISORY_DB_URL and NVD_MIRROR name other
places for today's databases; Trivy has variables of its own.
HELP
}

fail() {
  echo "scan: $*" >&2
  exit 2
}

pinned='' sarif='' table='' layout=''
while [ $# -gt 0 ]; do
  case $1 in
    --help | -h) usage && exit ;;
    --pinned) pinned=yes ;;
    --sarif | --table)
      [ $# -ge 2 ] || fail "$1 needs the name of a file"
      case $1 in
        --sarif) sarif=$2 ;;
        --table) table=$2 ;;
      esac
      shift
      ;;
    -*) fail "there is no option $1; see --help" ;;
    *)
      [ -z "$layout" ] || fail "one image at a time; $1 is one too many"
      layout=$1
      ;;
  esac
  shift
done
layout=${layout:-${IMAGE:-}}
[ -n "$layout" ] || fail "which image? Build one with nix build .#image, and name its folder"
[ -s "$layout/oci/index.json" ] || fail "$layout is no image: it has no oci/index.json"

temporary=$(mktemp --directory)
trap 'rm --recursive --force "$temporary"' EXIT
cache=${XDG_CACHE_HOME:-$HOME/.cache}/walkthrough
mkdir -p "$cache"

oci-unpack "$layout/oci" "$temporary"
executable=$temporary/root$(jq --raw-output '.config.Entrypoint[0]' "$temporary/config.json")
[ -s "$executable" ] || fail "the entry point of $layout is not in it"

# The list that cargo-auditable left in the executable, read by nobody's scanner.
objcopy --dump-section ".dep-v0=$temporary/crates.zlib" "$executable" /dev/null 2>/dev/null || true
echo '{"packages": []}' >"$temporary/crates.json"
if [ -s "$temporary/crates.zlib" ]; then
  pigz --decompress --zlib <"$temporary/crates.zlib" >"$temporary/crates.json"
fi

# count FILTER: how many of the listed crates it lets through.
count() {
  jq "[.packages[] | select($1)] | length" "$temporary/crates.json"
}
all=$(count true)
linked=$(count '(.kind // "runtime") == "runtime"')

: >"$temporary/findings"
: >"$temporary/saw"
trouble=()

# distrust WHY: the scanner that is being asked can't be trusted.
distrust() {
  trouble+=("$1")
}

# saw SCANNER VERSION PACKAGES DATABASE: what a scanner tells of itself, and what is wrong with that.
saw() {
  local -a told=("${trouble[@]}")
  trouble=()
  # shellcheck disable=SC2016 # a program of jq
  jq --null-input --compact-output --arg scanner "$1" --arg version "$2" --arg packages "$3" --arg database "$4" \
    '{$scanner, $version, $packages, $database, trouble: $ARGS.positional}' --args "${told[@]}" >>"$temporary/saw"
}

# fresh DATE: distrust a database that is older than a week.
fresh() {
  local seconds
  seconds=$(date --date "$1" +%s 2>/dev/null) || seconds=0
  if [ -z "$1" ] || [ "$seconds" = 0 ]; then
    distrust "its database has no date"
  elif [ $(($(date +%s) - seconds)) -gt $((7 * 24 * 3600)) ]; then
    distrust "its database is of $1, more than a week old"
  fi
}

# last FILE: the last line in which something was said.
last() {
  grep --extended-regexp --invert-match '^\s*$' "$1" | tail --lines 1
}

# holds FILE FILTER: whether there is JSON in it that the filter is content with.
holds() {
  [ -s "$1" ] && jq --exit-status "$2" "$1" >/dev/null 2>&1
}

crates() {
  local out=$temporary/audit.json db=${ADVISORY_DB:-} version packages='' database=pinned yanked=(--no-yanked)
  if [ -z "$pinned" ]; then
    db=$temporary/advisory-db
    git clone --quiet --depth 1 "${ADVISORY_DB_URL:-https://github.com/RustSec/advisory-db}" "$db" 2>"$temporary/why" ||
      distrust "its database can't be had: $(last "$temporary/why")"
    database=$(git -C "$db" log --max-count 1 --format=%cI 2>/dev/null) || true
    fresh "$database"
    # The registry is asked whether one of them was taken back.
    yanked=()
  fi
  if [ "$all" = 0 ]; then
    distrust "the executable has no list of its crates: build it with cargo-auditable"
  elif [ "$(count '.name == "rocket"')" = 0 ]; then
    distrust "the executable does not list rocket: is this the service?"
  fi
  version=$(cargo-audit --version 2>/dev/null | cut -d ' ' -f 2) || version=none
  # 1 means that it found something: what counts is what it says.
  # How old the database is, is judged here.
  cargo-audit audit --json --no-fetch --stale "${yanked[@]}" --db "$db" bin "$executable" >"$out" 2>"$temporary/why" || true
  if ! holds "$out" .database; then
    distrust "it did not end well: $(last "$temporary/why")"
  else
    packages=$(jq '.lockfile."dependency-count"' "$out")
    [ "$packages" = "$all" ] || distrust "it saw $packages packages, and the executable lists $all"
    [ "$(jq '.database."advisory-count"' "$out")" -gt 0 ] || distrust "its database has no advisories"
    jq --compact-output '
      (.vulnerabilities.list[] | {
        scanner: "cargo audit", id: .advisory.id, package: .package.name, version: .package.version,
        severity: (.advisory.cvss // "no score"), fixed: (.versions.patched | join(", ")),
        title: .advisory.title, url: .advisory.url, file: "Cargo.lock", fails: true, verdict: "fails"
      }),
      (.warnings | to_entries[].value[] | {
        scanner: "cargo audit", id: (.advisory.id // .kind), package: .package.name, version: .package.version,
        severity: .kind, fixed: "", title: (.advisory.title // .kind), url: .advisory.url, file: "Cargo.lock",
        fails: false, verdict: "passes: \(.kind), and no vulnerability"
      })' "$out" >>"$temporary/findings"
  fi
  saw "cargo audit" "$version" "$packages" "$database"
}

image() {
  local out=$temporary/trivy.json version packages='' database=''
  # It tells nobody that it was here.
  trivy image --quiet --disable-telemetry --skip-version-check --scanners vuln --list-all-pkgs \
    --format json --output "$out" --input "$layout/oci" 2>"$temporary/why" || distrust "it did not end well: $(last "$temporary/why")"
  trivy version --format json >"$temporary/version" 2>/dev/null || echo '{}' >"$temporary/version"
  version=$(jq --raw-output '.Version // "none"' "$temporary/version")
  database=$(jq --raw-output '.VulnerabilityDB.UpdatedAt // empty' "$temporary/version")
  # GHSA-69fq-xp46-6x23
  [ "$version" != 0.69.4 ] || distrust "version 0.69.4 was made by somebody who is not to be trusted: update nixpkgs"
  fresh "$database"
  if holds "$out" .SchemaVersion; then
    packages=$(jq '[.Results[]?.Packages[]?] | length' "$out")
    # It counts the service itself, and leaves out what took part in the build alone, as the list does.
    [ "$packages" -ge "$linked" ] || distrust "it saw $packages packages, and the executable has $linked linked"
    holds "$out" 'any(.Results[]?.Packages[]?; .Name == "rocket")' || distrust "it did not see rocket"
    jq --compact-output '
      .Results[]?.Vulnerabilities[]? | (.Severity | IN("CRITICAL", "HIGH")) as $grave | ((.FixedVersion // "") != "") as $fixed | {
        scanner: "Trivy", id: .VulnerabilityID, package: .PkgName, version: .InstalledVersion, severity: .Severity,
        fixed: (.FixedVersion // ""), title: (.Title // .VulnerabilityID), url: .PrimaryURL, file: "Cargo.lock",
        fails: ($grave and $fixed),
        verdict: (if $grave and $fixed then "fails" elif $grave then "passes: not mended yet" else "passes: below HIGH" end)
      }' "$out" >>"$temporary/findings"
  fi
  saw Trivy "$version" "$packages" "$database"
}

# A glibc of 2022, with vulnerabilities that everybody knows. It goes along with what is linked, and has to be found:
# vulnix tells only of what is affected, so there is no other way to know that it knows the library by this name.
canary=glibc-2.35

libc() {
  local out=$temporary/vulnix.json allowed=$temporary/allowed.yaml version packages='' database='' mirror today
  mirror=${NVD_MIRROR:-https://nvd.nist.gov/feeds/json/cve/2.0}
  today=$(date --utc +%F)
  version=$(vulnix --version 2>/dev/null | cut -d ' ' -f 2) || version=none
  if [ ! -s "${LINKED:-}" ]; then
    distrust "nobody said what is linked: LINKED names no file"
    saw vulnix "$version" "" ""
    return
  fi
  # Which is YAML, too.
  cat "${VULNIX_ALLOWED:?the allow-list}" >"$allowed"
  while IFS= read -r wrong; do
    distrust "the allow-list: $wrong"
  done < <(jq --raw-output --arg latest "$(date --utc --date '180 days' +%F)" '
    if type != "array" then "it is no list" else .[] | "\(.name) \(.cve)" as $entry |
      (select((.name // "") == "" or (.cve // "") == "") | "\($entry): needs both name and cve"),
      (select((.comment // "") == "") | "\($entry): has no comment, the reason"),
      (select((.until // "") | test("^[0-9]{4}-[0-9]{2}-[0-9]{2}$") | not) | "\($entry): has no date until"),
      (select((.until // "") > $latest) | "\($entry): until \(.until) is more than 180 days away")
    end' "$allowed" 2>&1)
  packages=$(jq length "$LINKED")
  [ "$packages" -gt 0 ] || distrust "nothing is linked, says LINKED, and the executable is static"
  jq --arg canary "$canary" '. + {canary: {name: $canary, patches: []}}' "$LINKED" >"$temporary/packages.json"
  database=$(curl --silent --show-error --fail --max-time 60 "${mirror%/}/nvdcve-2.0-modified.meta" 2>"$temporary/why" |
    sed -n 's/^lastModifiedDate:\([^\r]*\).*/\1/p') || true
  fresh "$database"
  # 2 means that it found something, as it has to: what counts is what it says.
  vulnix --json --show-whitelisted --show-description --cache-dir "$cache/vulnix" --mirror "$mirror" \
    --whitelist "$allowed" --from-file "$temporary/packages.json" >"$out" 2>"$temporary/why" || true
  if ! holds "$out" 'type == "array"'; then
    distrust "it did not end well: $(last "$temporary/why")"
  else
    holds "$out" "any(.[]; .name == \"$canary\" and .affected_by != [])" ||
      distrust "it does not know the vulnerabilities of $canary, so it would not know those of another"
    jq --compact-output --arg canary "$canary" --arg today "$today" --slurpfile allowed "$allowed" '
      .[] | select(.name != $canary) | . as $it |
      def entry(id): first($allowed[0][] | select(.cve == id)) // null;
      ((.affected_by[] | {id: ., allowed: false}), (.whitelisted[] | {id: ., allowed: true})) |
      .id as $id | ($it.cvssv3_basescore[$id]) as $score | entry($id) as $entry | {
        scanner: "vulnix", $id, package: $it.pname, version: $it.version, severity: ($score // "no score" | tostring), fixed: "",
        title: (($it.description[$id] // $id) | split("\n")[0][:120]), url: "https://nvd.nist.gov/vuln/detail/\($id)", file: "flake.lock",
        fails: (.allowed == false and ($score == null or $score >= 7)),
        verdict: (
          if .allowed then "allowed until \($entry.until): \($entry.comment)"
          elif $score != null and $score < 7 then "passes: below 7.0"
          elif $entry != null and $entry.until <= $today then "fails: was allowed until \($entry.until)"
          else "fails" end
        )
      }' "$out" >>"$temporary/findings"
  fi
  saw vulnix "$version" "$packages" "$database"
}

# Each of them, whatever the one before said: who mends something should hear of all.
crates
if [ -z "$pinned" ]; then
  image
  libc
fi

# shellcheck disable=SC2016 # a program of jq
jq --raw-output --slurp --slurpfile saw "$temporary/saw" --arg pinned "$pinned" '
  def cell: tostring | gsub("[|]"; "\\|") | gsub("[\r\n]+"; " ");
  def row: "| " + (map(cell) | join(" | ")) + " |";
  "| scanner | version | packages | database | trusted |", "| --- | --- | --- | --- | --- |",
  ($saw[] | [.scanner, .version, .packages, .database, if .trouble == [] then "yes" else "**no**: " + (.trouble | join("; ")) end] | row),
  (if $pinned != "" then ("Trivy", "vulnix" | [., "", "", "", "not asked: pinned advisories alone, and no gate"] | row) else empty end),
  "",
  if . == [] then "No findings." else
    "| finding | in | severity | mended in | by | verdict |", "| --- | --- | --- | --- | --- | --- |",
    (sort_by([(.fails | not), .package, .id])[] | [.id + " " + .title, .package + " " + .version, .severity, .fixed, .scanner, .verdict] | row)
  end' "$temporary/findings" >"$temporary/table"
cat "$temporary/table"
[ -z "$table" ] || cp "$temporary/table" "$table"
[ -z "${GITHUB_STEP_SUMMARY:-}" ] || (echo "### Scan" && echo && cat "$temporary/table" && echo) >>"$GITHUB_STEP_SUMMARY"
if [ -n "$sarif" ]; then
  jq --slurp '{
    "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
    version: "2.1.0",
    runs: [{
      tool: {driver: {
        name: "scan",
        rules: (unique_by(.id) | map({id, shortDescription: {text: .title}} + if .url then {helpUri: .url} else {} end))
      }},
      results: map({
        ruleId: .id,
        level: (if .fails then "error" else "note" end),
        message: {text: "\(.package) \(.version): \(.title) (\(.severity), by \(.scanner); \(.verdict))"},
        locations: [{physicalLocation: {artifactLocation: {uri: .file}, region: {startLine: 1}}}],
        partialFingerprints: {"finding/v1": "\(.scanner) \(.id) \(.package) \(.version)"}
      })
    }]
  }' "$temporary/findings" >"$sarif"
fi

if jq --exit-status --slurp 'any(.[]; .trouble != [])' "$temporary/saw" >/dev/null; then
  echo "scan: a scanner can't be trusted; the table says why" >&2
  exit 3
fi
if jq --exit-status --slurp 'any(.[]; .fails)' "$temporary/findings" >/dev/null; then
  echo "scan: something fails; the table says what" >&2
  exit 1
fi
