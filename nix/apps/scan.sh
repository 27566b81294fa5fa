# Scans what the image holds for known vulnerabilities, and makes sure that the scanners saw it. See --help.

usage() {
  cat <<'HELP'
usage: scan [OPTION …] LAYOUT

Scans an image, LAYOUT/oci as `nix build .#image` makes it, by three scanners with today's databases:
  cargo audit   the crates that are linked into the executable
  Trivy         the image
  vulnix        what is linked into the executable statically besides, by the bill that is in the image: the C library
                and what the compiler brings
and holds against each what it must have seen. A scanner that saw nothing finds nothing.

  --digest SHA256   LAYOUT came from elsewhere: it has to hold the image with this digest and no other. That each blob has
                    the bytes of its own digest is held against every LAYOUT
  --sarif FILE      write the findings as SARIF 2.1.0, for GitHub's code scanning
  --table FILE      write the table as well as printing it, and to the summary of a run in GitHub
  --pinned          ask no network: the crates against the advisories pinned by the flake alone, whose age is told
                    and not judged. Trivy and vulnix are not asked. For rehearsals; it is no gate

What fails: an advisory for a linked crate; CRITICAL and HIGH in the image, if there is a version in which they are
fixed; 7.0 and more, or no score, in what the bill names, unless it is allowed for a time and a reason by the allow-list.
Everything else is listed and passes.

Exit codes:
  0  nothing that fails
  1  something fails
  2  wrong arguments, no image, one that can't be unpacked, not the one with that digest, or one with other bytes than it
     says; nothing was asked
  3  a scanner can't be trusted: it did not run, saw less than there is, or had a stale database; or the scan broke off

Environment, as the flake sets it: ADVISORY_DB, the pinned advisories; VULNIX_ALLOWED, the allow-list. ADVISORY_DB_URL,
NVD_MIRROR and TRIVY_DB_REPOSITORY (with TRIVY_USERNAME and TRIVY_PASSWORD) name other places for today's databases. They
are kept in XDG_CACHE_HOME or ~/.cache, and nowhere if that can't be written. No other variable and no file of yours has a say in what a scanner tells; docs/scanning.md has the list.
HELP
}

# What it ends with, whatever a program in here ended with.
decided=3

fail() {
  decided=2
  echo "scan: $*" >&2
  exit 2
}

pinned='' digest='' sarif='' table='' layout=''
while [ $# -gt 0 ]; do
  case $1 in
    --help | -h) usage && exit ;;
    --pinned) pinned=yes ;;
    --digest | --sarif | --table)
      [ $# -ge 2 ] || fail "$1 needs a value; see --help"
      case $1 in
        --digest) digest=$2 ;;
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
[ -n "$layout" ] || fail "which image? Build one with nix build .#image, and name its folder: result"
[[ -z $digest || $digest =~ ^sha256:[0-9a-f]{64}$ ]] || fail "$digest is no digest: expected sha256: and 64 hexadecimal digits"
[ -s "$layout/oci/index.json" ] || fail "$layout is no image: it has no oci/index.json"
for file in "$sarif" "$table"; do
  [ -z "$file" ] || [[ ! -d $file && -w $(dirname "$file") ]] || fail "$file can't be written: name a file in a folder that is there"
done

temporary=$(mktemp --directory) || fail "there is no temporary folder"
# What was unpacked of an image may be read-only; and no clean-up has a say in how this ends.
finish() {
  local ended=$?
  { chmod --recursive u+rwX "$temporary" && rm --recursive --force "$temporary"; } || true
  [ "$ended" = 0 ] || exit "$decided"
}
trap finish EXIT

oci-unpack "$layout/oci" "$temporary" "$digest" 2>"$temporary/why" ||
  fail "$layout can't be unpacked: $(<"$temporary/why"). Build it anew with nix build .#image"
executable=$temporary/root$(jq --raw-output '.config.Entrypoint[0]' "$temporary/config.json")
[ -s "$executable" ] || fail "the entry point of $layout is not in it"

# holds FILE FILTER: whether there is JSON in it that the filter is content with.
holds() {
  [ -s "$1" ] && jq --exit-status "$2" "$1" >/dev/null 2>&1
}

# last FILE: the last line in which something was said.
last() {
  grep --extended-regexp --invert-match '^\s*$' "$1" | tail --lines 1
}

# The list that cargo-auditable left in the executable, read by nobody's scanner.
objcopy --dump-section ".dep-v0=$temporary/crates.zlib" "$executable" /dev/null 2>/dev/null || true
if [ -s "$temporary/crates.zlib" ]; then
  pigz --decompress --zlib <"$temporary/crates.zlib" >"$temporary/crates.json" 2>/dev/null || true
fi
holds "$temporary/crates.json" '.packages[0].name' || echo '{"packages": []}' >"$temporary/crates.json"

# count FILTER: how many of the listed crates it lets through.
count() {
  jq "[.packages[] | select($1)] | length" "$temporary/crates.json"
}
all=$(count true)

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

# found FILE FILTER [OPTION …]: adds what the filter makes of a scanner's answer to the findings. The verdict decides.
found() {
  local file=$1 filter=$2
  shift 2
  jq --compact-output "$@" "$filter | .fails = (.verdict | startswith(\"fails\"))" "$file" >>"$temporary/findings" 2>"$temporary/why" ||
    distrust "its answer has another shape than this was written for: $(last "$temporary/why")"
}

# What a scanner, and what fetches for one, gets to see of the environment, and nothing else of it:
seen=(
  # to be found, to write, and to keep databases;
  PATH TMPDIR XDG_CACHE_HOME
  # the way to them, and whom to trust there;
  HTTP_PROXY HTTPS_PROXY NO_PROXY http_proxy https_proxy no_proxy GIT_SSL_CAINFO NIX_SSL_CERT_FILE SSL_CERT_DIR SSL_CERT_FILE
  # where Trivy has its own from, the login there, where it is kept, and that there is no way there: its age is judged.
  TRIVY_DB_REPOSITORY TRIVY_USERNAME TRIVY_PASSWORD TRIVY_CACHE_DIR TRIVY_SKIP_DB_UPDATE
)

# clean COMMAND …: runs it with that, in a folder and with a home in which nothing is.
clean() (
  # Not by the shell, for which one of its own may stand before a variable of the same name.
  others=()
  while IFS='=' read -r -d '' name _; do
    [[ " ${seen[*]} " == *" $name "* ]] || others+=("--unset=$name")
  done < <(env --null)
  mkdir --parents "$temporary/home"
  cd "$temporary/home" || exit
  exec env "${others[@]}" HOME="$PWD" "$@"
)

crates() {
  local out=$temporary/audit.json db=${ADVISORY_DB:-} url version packages='' database=''
  url=${ADVISORY_DB_URL:-https://github.com/RustSec/advisory-db}
  if [ -n "$pinned" ]; then
    [[ $db == /* ]] || db=$PWD/$db
    # A folder of the store has no dates but those that are written in it.
    database="pinned, the newest of $(grep --recursive --no-filename --only-matching --extended-regexp '^date = "[0-9-]+"' "$db/crates" |
      sort | tail --lines 1 | cut -d '"' -f 2)" || true
  else
    db=$temporary/advisory-db
    if clean git clone --quiet --depth 1 "$url" "$db" 2>"$temporary/why"; then
      database=$(clean git -C "$db" log --max-count 1 --format=%cI)
      fresh "$database"
    else
      distrust "its database can't be had from $url: $(last "$temporary/why")"
    fi
  fi
  if [ "$all" = 0 ]; then
    distrust "the executable has no list of its crates that can be read: build it with cargo-auditable"
  elif [ "$(count '.name == env.SERVICE_CRATE')" = 0 ]; then
    distrust "the executable does not list $SERVICE_CRATE: is this the service?"
  fi
  version=$(clean cargo-audit --version 2>/dev/null | cut -d ' ' -f 2) || version=none
  # In a folder of its own: no audit.toml of anybody's has a say in what it tells. Whether a crate was yanked is not asked:
  # it would answer from what cargo happens to have fetched on this machine.
  mkdir --parents "$temporary/cargo/.cargo"
  printf '[yanked]\nenabled = false\n' >"$temporary/cargo/.cargo/audit.toml"
  # 1 means that it found something: what counts is what it says. How old the database is, is judged here.
  clean env --chdir "$temporary/cargo" CARGO_HOME="$temporary/cargo" \
    cargo-audit audit --json --no-fetch --stale --db "$db" bin "$executable" >"$out" 2>"$temporary/why" || true
  if ! holds "$out" .database; then
    distrust "it did not end well: $(last "$temporary/why")"
  else
    packages=$(jq '.lockfile."dependency-count"' "$out")
    [ "$packages" = "$all" ] || distrust "it saw $packages packages, and the executable lists $all"
    [ "$(jq '.database."advisory-count"' "$out")" -gt 0 ] || distrust "its database has no advisories"
    found "$out" '
      ((.vulnerabilities.list[] | {
        scanner: "cargo audit", id: .advisory.id, package: .package.name, version: .package.version,
        severity: (.advisory.cvss // "no score"), fixed: (.versions.patched | join(", ")),
        title: .advisory.title, url: .advisory.url, file: "Cargo.lock", verdict: "fails"
      }),
      (.warnings | to_entries[].value[] | {
        scanner: "cargo audit", id: (.advisory.id // .kind), package: .package.name, version: .package.version,
        severity: .kind, fixed: "", title: (.advisory.title // .kind), url: .advisory.url, file: "Cargo.lock",
        verdict: "passes: \(.kind), and no vulnerability"
      }))'
  fi
  saw "cargo audit" "$version" "$packages" "$database"
}

image() {
  local out=$temporary/trivy.json nothing=$temporary/nothing.yaml version packages='' database='' missing
  : >"$nothing"
  # It tells nobody that it was here, and asks for all that there is.
  clean trivy image --quiet --disable-telemetry --skip-version-check --scanners vuln --list-all-pkgs \
    --config "$nothing" --ignorefile "$nothing" --ignore-policy '' --ignore-status '' --ignore-unfixed=false --vex '' \
    --severity UNKNOWN,LOW,MEDIUM,HIGH,CRITICAL \
    --format json --output "$out" --input "$temporary/oci" 2>"$temporary/why" || distrust "it did not end well: $(last "$temporary/why")"
  clean trivy version --format json >"$temporary/version" 2>/dev/null || echo '{}' >"$temporary/version"
  version=$(jq --raw-output '.Version // "none"' "$temporary/version")
  database=$(jq --raw-output '.VulnerabilityDB.UpdatedAt // empty' "$temporary/version")
  # GHSA-69fq-xp46-6x23
  [ "$version" != 0.69.4 ] || distrust "version 0.69.4 was made by somebody who is not to be trusted: update nixpkgs"
  fresh "$database"
  if holds "$out" .SchemaVersion; then
    packages=$(jq '[.Results[]?.Packages[]?] | length' "$out")
    # It leaves out what took part in the build alone, and counts the service itself.
    missing=$(jq --raw-output --slurpfile list "$temporary/crates.json" '
      ([$list[0].packages[] | select((.kind // "runtime") == "runtime") | "\(.name) \(.version)"] | unique) -
      [.Results[]?.Packages[]? | "\(.Name) \(.Version)"] | .[:5] + if length > 5 then ["and \(length - 5) more"] else [] end | join(", ")' "$out")
    [ -z "$missing" ] || distrust "it did not see $missing"
    holds "$out" 'any(.Results[]?.Packages[]?; .Name == env.SERVICE_CRATE)' || distrust "it did not see $SERVICE_CRATE"
    # shellcheck disable=SC2016 # a program of jq
    found "$out" '
      .Results[]?.Vulnerabilities[]? | (.Severity | IN("CRITICAL", "HIGH")) as $grave | ((.FixedVersion // "") != "") as $fixed | {
        scanner: "Trivy", id: .VulnerabilityID, package: .PkgName, version: .InstalledVersion, severity: .Severity,
        fixed: (.FixedVersion // ""), title: (.Title // .VulnerabilityID), url: .PrimaryURL, file: "Cargo.lock",
        verdict: (
          if $grave and $fixed then "fails"
          elif $grave then "passes: not fixed yet"
          elif .Severity == "UNKNOWN" then "passes: Trivy knows no severity"
          else "passes: below HIGH"
          end
        )
      }'
  fi
  saw Trivy "$version" "$packages" "$database"
}

# A glibc of 2022, with vulnerabilities that everybody knows. It goes along with what is linked, and has to be found:
# vulnix tells only of what is affected, so there is no other way to know that it knows the library by this name. It
# reads the vulnerabilities of this year and the five before: by 2030 this has to be a newer one.
canary=glibc-2.35

libc() {
  local out=$temporary/vulnix.json allowed=${VULNIX_ALLOWED:-} version packages='' database='' mirror wrong bill
  mirror=${NVD_MIRROR:-https://nvd.nist.gov/feeds/json/cve/2.0}
  version=$(clean vulnix --version 2>/dev/null | cut -d ' ' -f 2) || version=none
  # Where the service reads it.
  bill=$(jq --raw-output --arg variable "${SERVICE_PREFIX}BILL_DIR=" '[.config.Env[]? | select(startswith($variable))] | first // "=" |
    sub("^[^=]*="; "")' "$temporary/config.json")
  bill=$temporary/root$bill/bill.json
  if [ ! -s "$bill" ]; then
    distrust "the image has no bill of what is linked besides crates: its ${SERVICE_PREFIX}BILL_DIR holds no bill.json"
    saw vulnix "$version" "" ""
    return
  fi
  while IFS= read -r wrong; do
    distrust "the allow-list: $wrong"
  done < <(jq --raw-output --arg latest "$(date --utc --date '180 days' +%F)" '
    if type != "array" then "it is no list" else .[] | "\(.name) \(.cve)" as $entry |
      (select(any(.name, .cve; type != "string" or . == "")) | "\($entry): needs both name and cve, one of each"),
      (select((.comment // "") == "") | "\($entry): has no comment, the reason"),
      (select((.until // "") | test("^[0-9]{4}-[0-9]{2}-[0-9]{2}$") | not) | "\($entry): has no date until"),
      (select((.until // "") > $latest) | "\($entry): until \(.until) is more than 180 days away")
    end' "$allowed" 2>&1)
  # By the product and the version that databases know it by: nixpkgs has the number of what it took from the branch of a
  # release behind its own version, 2.42-66, and for vulnix that is later than 2.42. Without the number there may be a match
  # too many, which the allow-list is for. What is a part of Rust's standard library comes and goes with that.
  if ! jq --arg canary "$canary" '[.linked[] | select(.part_of == null)] |
    map((.cpe // "" | split(":")) as $cpe | select($cpe[5]) | {key: .name, value: {name: "\($cpe[4])-\($cpe[5])", patches}}) |
    from_entries + {canary: {name: $canary, patches: []}}' "$bill" >"$temporary/packages.json" 2>"$temporary/why"; then
    distrust "what is linked can't be read from the image's bill: $(last "$temporary/why")"
    saw vulnix "$version" "" ""
    return
  fi
  packages=$(($(jq length "$temporary/packages.json") - 1))
  holds "$temporary/packages.json" 'del(.canary) | any(.[].name; startswith("glibc-"))' ||
    distrust "the bill has no glibc: either it does not say what is linked, or another library is, which $canary does not stand for"
  while IFS= read -r wrong; do
    distrust "it skips $wrong, for which the bill has no name to look up: give it a CPE in nix/bill.nix"
  done < <(jq --raw-output '.linked[] | select(.part_of == null and .cpe == null).name' "$bill")
  if clean curl --silent --show-error --fail --max-time 60 "${mirror%/}/nvdcve-2.0-modified.meta" >"$temporary/meta" 2>"$temporary/why"; then
    database=$(sed -n 's/^lastModifiedDate:\([^\r]*\).*/\1/p' "$temporary/meta")
    fresh "$database"
  else
    distrust "the date of its database can't be had from $mirror: $(last "$temporary/why")"
  fi
  # 2 means that it found something, as it has to: what counts is what it says. It has an allow-list of its own, of which
  # it obeys the last entry for a name alone, so it is asked for everything.
  clean vulnix --json --show-description --cache-dir "$XDG_CACHE_HOME/$SERVICE_NAME/vulnix" --mirror "$mirror" \
    --from-file "$temporary/packages.json" >"$out" 2>"$temporary/why" || true
  if ! holds "$out" 'type == "array"'; then
    distrust "it did not end well: $(last "$temporary/why")"
  else
    holds "$out" "any(.[]; .name == \"$canary\" and .affected_by != [])" ||
      distrust "it does not know the vulnerabilities of $canary, so it would not know those of another"
    # shellcheck disable=SC2016 # a program of jq
    found "$out" '
      ($allowed[0] | if type == "array" then . else [] end) as $list |
      .[] | select(.name != $canary) | . as $it | .affected_by[] | . as $id |
      $it.cvssv3_basescore[$id] as $score | ([$list[] | select(.name == $it.pname and .cve == $id)] | last) as $entry |
      # Without a reason it is no entry.
      ($entry != null and ($entry.comment // "") != "" and ($entry.until // "") > $today) as $excused | {
        scanner: "vulnix", $id, package: $it.pname, version: $it.version, severity: ($score // "no score" | tostring), fixed: "",
        title: (($it.description[$id] // $id) | split("\n")[0][:120]), url: "https://nvd.nist.gov/vuln/detail/\($id)", file: "flake.lock",
        verdict: (
          if $excused then "allowed until \($entry.until): \($entry.comment)"
          elif $score != null and $score < 7 then "passes: below 7.0"
          elif $entry != null and ($entry.until // "") <= $today then "fails: was allowed until \($entry.until)"
          else "fails" end
        )
      }' --arg canary "$canary" --arg today "$(date --utc +%F)" --slurpfile allowed "$allowed"
  fi
  saw vulnix "$version" "$packages" "$database"
}

# Each of them, whatever the one before said: who fixes something should hear of all.
crates
if [ -z "$pinned" ]; then
  # For both, by the name that both know.
  export XDG_CACHE_HOME=${XDG_CACHE_HOME:-${HOME:-}/.cache}
  mkdir -p "$XDG_CACHE_HOME/$SERVICE_NAME" 2>/dev/null && [ -w "$XDG_CACHE_HOME/$SERVICE_NAME" ] || XDG_CACHE_HOME=$temporary/cache
  image
  libc
else
  echo "scan: Trivy and vulnix were not asked, and the advisories are the pinned ones: this is no gate" >&2
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
    "| finding | in | severity | fixed in | by | verdict |", "| --- | --- | --- | --- | --- | --- |",
    (sort_by([(.fails | not), .package, .id])[] | [.id + " " + .title, .package + " " + .version, .severity, .fixed, .scanner, .verdict] | row)
  end' "$temporary/findings" >"$temporary/table"
cat "$temporary/table"
[ -z "$table" ] || cp "$temporary/table" "$table"
[ -z "${GITHUB_STEP_SUMMARY:-}" ] || (echo "### Scan" && echo && cat "$temporary/table" && echo) >>"$GITHUB_STEP_SUMMARY"
if [ -n "$sarif" ]; then
  jq --slurp --slurpfile saw "$temporary/saw" '[$saw[] | .scanner as $scanner | .trouble[] | "\($scanner): \(.)"] as $trouble | {
    "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
    version: "2.1.0",
    runs: [{
      tool: {driver: {
        name: "scan",
        rules: (unique_by(.id) | map({id, shortDescription: {text: .title}} + if .url then {helpUri: .url} else {} end))
      }},
      invocations: [{
        executionSuccessful: ($trouble == []),
        toolExecutionNotifications: ($trouble | map({level: "error", message: {text: .}}))
      }],
      results: map({
        ruleId: .id,
        level: (if .fails then "error" else "note" end),
        message: {text: "\(.package) \(.version): \(.title) (\(.severity), by \(.scanner); \(.verdict))"},
        locations: [{physicalLocation: {artifactLocation: {uri: .file}, region: {startLine: 1}}}],
        # By this name, or GitHub makes one up from the line, which is the same for all of them.
        partialFingerprints: {primaryLocationLineHash: "\(.scanner) \(.id) \(.package) \(.version)"}
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
  decided=1
  exit 1
fi
