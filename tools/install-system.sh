#!/bin/sh
# Installs what the distribution has to give: PostGIS, python3-venv where Python came without it, certificates, and the
# programs and libraries named on the command line. Whoever names a database, or says that none is needed, gets no PostGIS.
set -eu
# Programs of administrators are not in everybody's PATH.
PATH=$PATH:/usr/sbin:/sbin

missing=
found=
for control in /usr/share/postgresql/*/extension/postgis.control; do
    [ -e "$control" ] || continue
    major=${control#/usr/share/postgresql/}
    [ -x "/usr/lib/postgresql/${major%%/*}/bin/postgres" ] && found=yes
done
if [ -z "$found" ] && [ -z "${DATABASE_URL:-}${DATABASE_URL_FILE:-}${WITHOUT_DATABASE:-}" ]; then
    . /etc/os-release 2>/dev/null || true
    case "${ID:-} ${VERSION_ID:-}" in
        "debian 12") missing=postgresql-15-postgis-3 ;;
        "debian 13") missing=postgresql-17-postgis-3 ;;
        "ubuntu 24.04") missing=postgresql-16-postgis-3 ;;
        *) missing=postgresql-postgis ;;
    esac
fi
[ -e .venv/bin/python ] || "${PYTHON:-python3}" -c 'import ensurepip' 2>/dev/null || missing="$missing python3-venv"
# Other servers are asked over HTTPS, with the certificates of the system.
[ -e /etc/ssl/certs/ca-certificates.crt ] || [ -d /etc/pki/tls ] || missing="$missing ca-certificates"
for program in "$@"; do
    command -v "$program" >/dev/null && continue
    case "$program" in
        libatomic1) ldconfig -p | grep -q 'libatomic\.so\.1' || missing="$missing $program" ;;
        ogrinfo) missing="$missing gdal-bin" ;;
        etcd) missing="$missing etcd-server" ;;
        *) missing="$missing $program" ;;
    esac
done
missing=${missing# }
[ -n "$missing" ] || exit 0

install="apt-get install -y --no-install-recommends $missing"
advice="ask somebody with root rights to run: apt-get update && $install"
case "$missing" in *postgis*) advice="$advice (or set DATABASE_URL to a PostGIS database)" ;; esac
if ! command -v apt-get >/dev/null; then
    echo "open311: $missing is missing, and this is not Debian; install PostgreSQL with PostGIS, or set DATABASE_URL" >&2
    exit 1
fi
if [ "$(id -u)" = 0 ]; then
    as_root=
elif command -v sudo >/dev/null; then
    as_root=sudo
else
    echo "open311: $missing is missing; $advice" >&2
    exit 1
fi

echo "== installing $missing"
# The packages would start servers of the system's own; we start ours ourselves, so keep them from it.
folder=/etc/postgresql-common/createcluster.d
quiet=$folder/open311.conf
policy=/usr/sbin/policy-rc.d
# One that is there already stays, unless we were killed before we could take it away again.
[ -e "$policy" ] && ! grep -q open311 "$policy" && policy=
allowed=
finish() {
    status=$?
    [ -z "$allowed" ] || $as_root rm -f "$quiet" $policy
    [ "$status" = 0 ] || echo "open311: $missing could not be installed; $advice" >&2
    exit "$status"
}
trap finish EXIT
# Without these, Ctrl-C would end us past `finish`.
trap 'exit 130' INT
trap 'exit 143' TERM HUP
$as_root mkdir -p "$folder"
allowed=yes
echo "create_main_cluster = false" | $as_root tee "$quiet" >/dev/null
if [ -n "$policy" ]; then
    printf '#!/bin/sh\n# open311: start nothing that was only installed\nexit 101\n' | $as_root tee "$policy" >/dev/null
    $as_root chmod 755 "$policy"
fi
$as_root apt-get update -q
# Nobody needs the 180 MB that were downloaded, once they are unpacked.
# shellcheck disable=SC2086 # several words on purpose
$as_root env DEBIAN_FRONTEND=noninteractive $install -o APT::Keep-Downloaded-Packages=false
