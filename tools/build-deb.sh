#!/bin/sh
# build-deb.sh WHEEL [SITE-PACKAGES]: makes a Debian package of the wheel and of the packages in requirements.lock, in dist/, for
# the release of Debian that runs here. With a second argument these packages are taken as they lie there.
set -eu
wheel=$1
packages=${2:-}
python=.venv/bin/python

. /etc/os-release
minor=$($python -c 'import sys; print("%d.%d" % sys.version_info[:2])')
architecture=$(dpkg --print-architecture)
version=$(basename "$wheel" | cut -d- -f2 | sed 's/\.dev/~dev/')+deb${VERSION_ID:-0}
root=$(mktemp -d)
trap 'rm -rf "$root"' EXIT
export SOURCE_DATE_EPOCH="${SOURCE_DATE_EPOCH:-$(git log -1 --format=%ct 2>/dev/null || date +%s)}"

# A virtual environment by hand: `venv` would write the names of this folder into it.
home=$root/opt/open311
site=$home/lib/python$minor/site-packages
mkdir -p "$home/bin" "$site"
ln -s "/usr/bin/python$minor" "$home/bin/python3"
printf 'home = /usr/bin\ninclude-system-site-packages = false\nversion = %s\n' "$minor" >"$home/pyvenv.cfg"
printf '#!/opt/open311/bin/python3\nfrom open311.cli import main\n\nmain()\n' >"$home/bin/open311"
chmod 755 "$home/bin/open311"
pip() {
    $python -m pip install --quiet --disable-pip-version-check --no-deps --no-compile --target "$site" "$@"
}
if [ -n "$packages" ]; then
    cp -R "$packages/." "$site"
else
    pip --require-hashes -r requirements.lock
fi
pip "$wheel"
# Scripts name this machine's Python; nobody runs the tests of others or compiles against them; hatchling built the wheel.
rm -rf "$site/bin" "$site"/hatchling* "$site"/trove_classifiers* "$site"/editables*
find "$site" -type d -name tests -prune -exec rm -rf {} +
find "$site" \( -name '*.pyi' -o -name '*.pyx' -o -name '*.pxd' -o -name '*.h' -o -name '*.a' \) -delete
# The services cannot write what they compile; its source never changes beside it.
$python -m compileall -q -j 0 --invalidation-mode unchecked-hash -s "$root" "$home" >/dev/null || true

install -d "$root/etc/open311" "$root/usr/bin" "$root/DEBIAN"
units=$root/usr/lib/systemd/system
install -D -m 644 -t "$units" deploy/systemd/*.service
install -D -m 644 deploy/systemd/sysusers.conf "$root/usr/lib/sysusers.d/open311.conf"
install -D -m 644 deploy/systemd/tmpfiles.conf "$root/usr/lib/tmpfiles.d/open311.conf"
install -m 755 deploy/debian/open311 "$root/usr/bin/open311"
install -m 640 deploy/open311.env "$root/etc/open311/open311.env"
# Where an editor finds the schema of the catalogue, and whoever reads the interface its documents.
shared=/usr/share/open311-server/schemas
install -D -m 644 -t "$root$shared" schemas/*
sed "1s|schemas/|$shared/|" categories.yaml >"$root/etc/open311/categories.yaml"
chmod 644 "$root/etc/open311/categories.yaml"
papers=$root/usr/share/doc/open311-server
install -d "$papers/docs" "$papers/examples/prometheus" "$papers/examples/patroni"
install -m 644 README.md CHANGELOG.md CONTRIBUTING.md SECURITY.md "$papers"
# What the papers link to.
ln -s /etc/open311/categories.yaml "$papers/categories.yaml"
ln -s "$shared" "$papers/schemas"
ln -s copyright "$papers/LICENSE"
install -m 644 LICENSE "$papers/copyright"
install -m 644 docs/*.md "$papers/docs"
install -D -m 644 -t "$papers/docs/decisions" docs/decisions/*.md
install -D -m 644 -t "$papers/docs/pictures" docs/pictures/*
install -m 644 deploy/nginx.conf deploy/Caddyfile deploy/pgbouncer.ini "$papers/examples"
install -m 644 deploy/prometheus/* "$papers/examples/prometheus"
install -m 644 deploy/patroni/* "$papers/examples/patroni"

sed -e "s/@VERSION@/$version/" -e "s/@ARCHITECTURE@/$architecture/" -e "s/@PYTHON@/python$minor/" \
    -e "s/@MAINTAINER@/${DEBFULLNAME:-Open311 server} <${DEBEMAIL:-open311@localhost}>/" \
    -e "s/@SIZE@/$(du -ks "$root" | cut -f1)/" deploy/debian/control >"$root/DEBIAN/control"
printf '/etc/open311/open311.env\n/etc/open311/categories.yaml\n' >"$root/DEBIAN/conffiles"
install -m 755 deploy/debian/postinst deploy/debian/prerm deploy/debian/postrm "$root/DEBIAN"
chmod 755 "$root"
out=${OUT:-dist}
mkdir -p "$out"
dpkg-deb --root-owner-group -Zxz --build "$root" "$out/open311-server_${version}_$architecture.deb"
