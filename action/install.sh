#!/usr/bin/env bash
# Puts the program at $INSTALL_DIR/bin: the released one where its checksum stands in checksums.txt, else one built
# from this checkout. Inputs are environment variables: VERSION (empty: the one of this checkout), RUNNER_OS,
# RUNNER_ARCH, INSTALL_DIR, and for tests RELEASES, where releases are downloaded from.
set -euo pipefail

here="$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)"
source_dir="$(dirname "$here")"
releases="${RELEASES:-https://github.com/trustproof/trustproof/releases/download}"
own_version="$(sed -n 's/^version = "\(.*\)"$/\1/p' "$source_dir/Cargo.toml" | head -n 1)"
version="${VERSION:-$own_version}"
version="${version#v}"
if [[ ! "$version" =~ ^[0-9]+\.[0-9]+\.[0-9]+([-+.0-9A-Za-z]*)$ ]]; then
  echo "::error::trustproof: the input version is no version; write it as $own_version" >&2
  exit 2
fi

case "$RUNNER_OS-$RUNNER_ARCH" in
  Linux-X64) target=x86_64-unknown-linux-musl ;;
  Linux-ARM64) target=aarch64-unknown-linux-musl ;;
  macOS-X64) target=x86_64-apple-darwin ;;
  macOS-ARM64) target=aarch64-apple-darwin ;;
  Windows-X64) target=x86_64-pc-windows-msvc ;;
  *) target=none ;;
esac

archive="trustproof-$version-$target.tar.gz"
checksum="$(awk -v name="$archive" '$2 == name { print $1 }' "$here/checksums.txt")"

sha256() {
  if command -v sha256sum > /dev/null; then sha256sum "$1"; else shasum -a 256 "$1"; fi | cut -d ' ' -f 1
}

mkdir -p "$INSTALL_DIR/bin"
if [ -n "$checksum" ]; then
  download="$INSTALL_DIR/$archive"
  curl --fail --silent --show-error --location --retry 3 --output "$download" "$releases/v$version/$archive"
  if [ "$(sha256 "$download")" != "$checksum" ]; then
    echo "::error::trustproof: the checksum of $archive is not the one that this action was released with" >&2
    exit 2
  fi
  # By relative names: on Windows, tar takes the colon of a drive for a host.
  (cd "$INSTALL_DIR" && tar -xzf "$archive" -C bin)
elif [ "$version" = "$own_version" ]; then
  echo "trustproof: no released program for $target $version is known to this action; building from source"
  cargo install --path "$source_dir/crates/trustproof" --locked --quiet --root "$INSTALL_DIR"
else
  echo "trustproof: no released program for $target $version is known to this action; building from crates.io"
  cargo install trustproof --version "$version" --locked --quiet --root "$INSTALL_DIR"
fi
