#!/usr/bin/env bash
# The Kafka clients of other people that our broker must serve: kcat from the
# distribution, kafka-python and confluent-kafka from PyPI in an environment of
# their own, Apache Kafka's Java tools (kafka.sh).
#
#   clients.sh install        fetch what is missing (idempotent)
#   clients.sh python ARG…    the environment's python
#   clients.sh versions       what is installed
#
# Environment: PEERS_CACHE, where the downloads lie ($HOME/.cache/peers)
set -euo pipefail
HERE=$(cd "$(dirname "$0")" && pwd)
ENVIRONMENT=${PEERS_CACHE:-$HOME/.cache/peers}/kafka-clients
PACKAGES=(kafka-python==3.0.12 confluent-kafka==2.16.1 python-snappy lz4 zstandard crc32c)

die() { echo "clients.sh: $*" >&2; exit 1; }

install_kcat() {
  command -v kcat >/dev/null && return
  [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null || die "kcat is missing: install it (Debian: apt-get install kcat)"
  apt-get -q update >/dev/null
  DEBIAN_FRONTEND=noninteractive apt-get -q install -y --no-install-recommends kcat >/dev/null
}

# install_python makes the environment once for each set of packages.
install_python() {
  local stamp
  stamp=$(printf '%s\n' "${PACKAGES[@]}" | sha256sum | cut -c1-16)
  [ "$(cat "$ENVIRONMENT/.stamp" 2>/dev/null || true)" = "$stamp" ] && return
  command -v python3 >/dev/null || die "python3 is missing"
  rm -rf "$ENVIRONMENT"
  mkdir -p "$(dirname "$ENVIRONMENT")"
  python3 -m venv "$ENVIRONMENT"
  "$ENVIRONMENT/bin/pip" -q --disable-pip-version-check install "${PACKAGES[@]}"
  echo "$stamp" >"$ENVIRONMENT/.stamp"
}

versions() {
  kcat -V 2>&1 | grep -i version
  "$ENVIRONMENT/bin/pip" --disable-pip-version-check list 2>/dev/null | grep -E '^(kafka-python|confluent-kafka) '
}

case ${1:-} in
  install) install_kcat; install_python; "$HERE/kafka.sh" install; versions ;;
  python) shift; exec "$ENVIRONMENT/bin/python" "$@" ;;
  versions) versions ;;
  *) sed -n '2,/^set -euo/{/^#/s/^# \{0,1\}//p}' "$0"; exit 2 ;;
esac
