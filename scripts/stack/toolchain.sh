# shellcheck shell=bash
# Sourced by scripts/dev and scripts/test: the Rust toolchain, and where downloads are kept.

LUMI_CACHE=${LUMI_CACHE:-$HOME/.cache/lumi}
export LUMI_CACHE
if [ -d "${CARGO_HOME:-$HOME/.cargo}/bin" ]; then
  PATH=${CARGO_HOME:-$HOME/.cargo}/bin:$PATH
fi

fail() {
  echo "${0##*/}: $*" >&2
  exit 1
}

# The oldest Rust that builds the workspace, from its manifest.
wanted_rust() {
  sed -n 's/^rust-version = "\(.*\)"/\1/p' Cargo.toml
}

# Uses the Rust that is there when it is new enough, else installs that version through rustup. Arguments: components.
ensure_rust() {
  local wanted found
  wanted=$(wanted_rust)
  found=$(rustc --version 2>/dev/null | awk '{print $2}' || true)
  if [ "$(printf '%s\n%s\n' "$wanted" "$found" | sort -V | head -n 1)" != "$wanted" ]; then
    command -v rustup >/dev/null || fail "Rust $wanted or newer is needed: install rustup from https://rustup.rs"
    echo "installing Rust $wanted (found: ${found:-none})"
    rustup toolchain install "$wanted" --profile minimal
    export RUSTUP_TOOLCHAIN=$wanted
  fi
  local component
  for component in "$@"; do
    if ! "cargo" "$component" --version >/dev/null 2>&1; then
      command -v rustup >/dev/null || fail "cargo $component is missing and rustup is not there to install it"
      rustup component add "${component/fmt/rustfmt}"
    fi
  done
}

ensure_programs() {
  local program missing=()
  for program in "$@"; do
    command -v "$program" >/dev/null || missing+=("$program")
  done
  [ ${#missing[@]} -eq 0 ] || fail "missing: ${missing[*]}. On Debian: apt-get install -y git curl gcc libc6-dev python3 python3-pip"
}
