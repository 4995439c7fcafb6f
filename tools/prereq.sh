#!/bin/sh
# Sees to it that Go and a C and C++ compiler are here (DuckDB is linked in), or
# with the argument "node" that Node and npm are (the pages), with "chromium"
# that it and fonts with Hangul are (their tests). What is missing is installed
# by apt when root on Debian or Ubuntu; elsewhere it is named with the command.
# Says nothing when nothing is missing.
set -eu
cd "$(dirname "$0")/.."

goMinor=26 # Go 1.26, as in go.mod

have() { command -v "$1" >/dev/null 2>&1; }

# Since 1.21 an older go fetches the version that go.mod asks for by itself.
goIsNew() {
	have go || return 1
	version=$(go env GOVERSION 2>/dev/null) || return 1
	minor=${version#go1.}
	minor=${minor%%[!0-9]*}
	[ -n "$minor" ] && [ "$minor" -ge "$goMinor" ]
}

# A compiler that is there may still lack its headers and libraries.
compiles() {
	dir=$(mktemp -d)
	printf '#include <string>\nint main() { return std::string("x").size() - 1; }\n' >"$dir/a.cc"
	have cc && have c++ && c++ -o "$dir/a" "$dir/a.cc" >/dev/null 2>&1
	ok=$?
	rm -rf "$dir"
	return $ok
}

canInstall() { [ "$(id -u)" = 0 ] && have apt-get && [ -f /etc/debian_version ]; }

apt() {
	echo "installing: $*"
	DEBIAN_FRONTEND=noninteractive apt-get -qq install -y --no-install-recommends "$@" >/dev/null 2>&1 && return
	# The lists of a fresh machine are empty.
	apt-get -qq update >/dev/null
	DEBIAN_FRONTEND=noninteractive apt-get -qq install -y --no-install-recommends "$@" >/dev/null
}

nodeIsNew() {
	have node && have npm || return 1
	version=$(node --version)
	major=${version#v}
	minor=${major#*.}
	major=${major%%.*}
	minor=${minor%%.*}
	[ "$major" -gt 20 ] || { [ "$major" -eq 20 ] && [ "$minor" -ge 19 ]; }
}

missing=''
if [ "${1:-}" = node ]; then
	nodeIsNew || { canInstall && ! have node && apt nodejs npm || true; }
	nodeIsNew || {
		echo "missing:
  Node 20.19 or newer, with npm (here: $(node --version 2>/dev/null || echo none)):
    Debian, Ubuntu:  curl -fsSL https://deb.nodesource.com/setup_24.x | sudo -E bash - && sudo apt-get install nodejs
    Fedora:          sudo dnf install nodejs
    macOS:           brew install node" >&2
		exit 1
	}
	exit 0
fi
if [ "${1:-}" = chromium ]; then
	[ -n "${CHROMIUM:-}" ] || have chromium || { canInstall && apt chromium fonts-noto-cjk fontconfig || true; }
	[ -n "${CHROMIUM:-}" ] || have chromium || {
		echo "missing:
  Chromium (or set CHROMIUM to the path of one, or of Chrome):
    Debian, Ubuntu:  sudo apt-get install chromium fonts-noto-cjk
    Fedora:          sudo dnf install chromium google-noto-sans-cjk-fonts
    macOS:           brew install --cask chromium" >&2
		exit 1
	}
	exit 0
fi
if ! compiles; then
	canInstall && apt gcc g++ libc6-dev || true
	compiles || missing="$missing
  a C and C++ compiler:
    Debian, Ubuntu:  sudo apt-get install gcc g++ libc6-dev
    Fedora:          sudo dnf install gcc gcc-c++
    macOS:           xcode-select --install"
fi
if ! goIsNew; then
	canInstall && ! have go && apt golang-go ca-certificates || true
	goIsNew || {
		arch=$(uname -m | sed 's/x86_64/amd64/; s/aarch64/arm64/')
		os=$(uname -s | tr '[:upper:]' '[:lower:]')
		missing="$missing
  Go 1.$goMinor or newer (here: $(go version 2>/dev/null || echo none)):
    curl -fsSL https://go.dev/dl/go1.$goMinor.0.$os-$arch.tar.gz | sudo tar -C /usr/local -xz && export PATH=/usr/local/go/bin:\$PATH"
	}
fi
if [ -n "$missing" ]; then
	echo "missing:$missing" >&2
	exit 1
fi
