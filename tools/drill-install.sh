#!/bin/bash
# drill-install.sh PACKAGE RELEASE: boots a bare Debian in namespaces of its own, installs the package as an administrator would,
# reports, saves, updates, loses the database, restores it, and takes the package away. Needs root, debootstrap, network.
# Everything it starts ends with it. BASE: a root that debootstrap made before, to be copied.
set -euo pipefail
package=$(realpath "$1")
release=$2
mirror=${MIRROR:-http://deb.debian.org/debian}
work=$(mktemp -d /tmp/open311-install.XXXXXX)
root=$work/root
init=

finish() {
    status=$?
    [ -z "$init" ] || kill -9 "$init" 2>/dev/null || true
    sleep 1
    rm -rf --one-file-system "$work"
    exit "$status"
}
trap finish EXIT
trap 'exit 143' INT TERM

say() { printf '\n== %s\n' "$*"; }
inside() {
    nsenter --target "$init" --all --root -- env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LC_ALL=C.UTF-8 \
        sh -c 'cd /tmp && exec "$@"' inside "$@"
}
megabytes() { du -sm --one-file-system "$root" | cut -f1; }
# Seconds that a command takes, after its name.
took() {
    local name=$1 began=$EPOCHREALTIME
    shift
    "$@" >"$work/said" 2>&1 || { cat "$work/said"; echo "FAILED: $name"; exit 1; }
    printf '%-44s %6.1f s\n' "$name" "$(echo "$EPOCHREALTIME - $began" | bc)"
}
until_ready() {
    for _ in $(seq 200); do
        inside curl -sf http://127.0.0.1:8311/readyz >/dev/null && return
        sleep 0.1
    done
    inside journalctl --no-pager -u 'open311-*' | tail -20
    echo "FAILED: the server is not ready"
    exit 1
}

say "a bare Debian $release, load $(cut -d' ' -f1 /proc/loadavg)"
if [ -n "${BASE:-}" ]; then
    cp -a "$BASE" "$root"
else
    took "debootstrap" debootstrap --variant=minbase --include=ca-certificates,systemd,systemd-sysv,dbus \
        "$release" "$root" "$mirror"
fi
cp /etc/resolv.conf "$root/etc/resolv.conf"
[ ! -e /etc/apt/apt.conf.d/proxy ] || cp /etc/apt/apt.conf.d/proxy "$root/etc/apt/apt.conf.d/"
echo "127.0.0.1 localhost drill" >"$root/etc/hosts"
echo drill >"$root/etc/hostname"
setsid unshare --pid --mount --uts --ipc --cgroup --fork --kill-child bash -euc '
    root=$0
    mount --make-rprivate /
    mount --bind "$root" "$root"
    mount -t proc proc "$root/proc"
    mount -t sysfs sysfs "$root/sys"
    mount -t cgroup2 cgroup2 "$root/sys/fs/cgroup"
    for folder in run tmp dev; do mount -t tmpfs tmpfs "$root/$folder"; done
    for device in null zero full random urandom tty; do
        touch "$root/dev/$device"
        mount --bind "/dev/$device" "$root/dev/$device"
    done
    mkdir "$root/dev/shm" "$root/dev/pts"
    mount -t tmpfs tmpfs "$root/dev/shm"
    mount -t devpts -o newinstance,ptmxmode=0666 devpts "$root/dev/pts"
    ln -s pts/ptmx "$root/dev/ptmx"
    ln -s /proc/self/fd "$root/dev/fd"
    hostname drill
    cd "$root"
    mkdir -p mnt
    # Not chroot: inside one the services could have no user namespace.
    pivot_root . mnt
    cd /
    umount -l /mnt
    exec env -i container=drill PATH=/usr/sbin:/usr/bin:/sbin:/bin SYSTEMD_CGROUP_ENABLE_LEGACY_FORCE=1 \
        /lib/systemd/systemd --show-status=0
' "$root" >"$work/boot.log" 2>&1 &
outer=$!
sleep 2
init=$(pgrep -P "$outer")
for _ in $(seq 100); do
    inside systemctl is-system-running 2>/dev/null | grep -qE 'running|degraded' && break
    sleep 0.2
done
inside systemctl is-system-running || inside systemctl --failed --no-legend --plain
before=$(megabytes)
took "apt-get update" inside apt-get update -q
took "tools of the drill (curl, sudo)" inside apt-get install -y -q --no-install-recommends curl sudo
inside apt-get clean
cp "$package" "$root/root/open311.deb"

say "installation"
tools=$(megabytes)
took "apt-get install ./open311-server.deb" inside env DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends \
    /root/open311.deb postgresql-postgis
grep -E '^(Need to get|After this)' "$work/said"
inside apt-get clean
echo "$(($(megabytes) - tools - $(du -m "$package" | cut -f1))) MB more on the disk, $(inside du -sm /opt/open311 | cut -f1) MB of them in /opt/open311 (Debian before: $before MB)"
took "user, database, PostGIS" inside sh -ec '
    sudo -u postgres createuser open311
    sudo -u postgres createdb --owner=open311 open311
    sudo -u postgres psql --quiet --dbname=open311 --command="create extension postgis"'
began=$EPOCHREALTIME
inside systemctl enable --quiet --now open311-web open311-worker
until_ready
printf '%-44s %6.1f s\n' "services, until they are ready" "$(echo "$EPOCHREALTIME - $began" | bc)"
inside open311 --version
inside systemd-analyze security --no-pager open311-web.service open311-worker.service open311-upgrade.service 2>/dev/null | grep -E '^→' || true
inside sh -c 'open311 doctor; echo "doctor: exit code $?"'

say "a report with a photo"
inside sh -ec '
    open311 key add "Drill" 2>/dev/null | tail -1 >/root/key
    /opt/open311/bin/python3 - <<"PY"
import sys
from PIL import Image
Image.effect_noise((800, 600), 40).convert("RGB").save("/root/photo.jpg")
PY
    curl -sf -F api_key="$(cat /root/key)" -F service_code=MUELL_WILD -F lat=49.48 -F long=8.44 \
        -F description="Alte Matratzen" -F media=@/root/photo.jpg http://127.0.0.1:8311/open311/v2/requests.json
    echo
    sleep 3
    find /var/lib/open311/media -type f | wc -l'

say "saved, updated, lost, restored"
# As docs/backup.md has it for the package, here and below.
took "pg_dump, photos, settings" inside sh -ec '
    sudo install -d -m 750 -g open311 /var/backups/open311
    sudo -u postgres pg_dump --format=custom open311 | sudo tee /var/backups/open311/open311.dump > /dev/null
    sudo tar --create --file=/var/backups/open311/files.tar /var/lib/open311 /etc/open311'
took "a rehearsal of the restore" inside sh -ec '
    sudo -u postgres createdb --owner=open311 --template=template0 rehearsal
    sudo -u postgres psql --dbname=rehearsal --command="create extension postgis"
    sudo open311 backup rehearse /var/backups/open311/open311.dump --into "postgresql:///rehearsal?host=/run/postgresql"
    sudo -u postgres dropdb rehearsal
    open311 backup check'
tail -1 "$work/said"
took "the update: dpkg -i of the same package" inside dpkg -i /root/open311.deb
until_ready
inside journalctl --no-pager -o cat -u open311-upgrade | grep -o 'The database .*' | tail -1
took "the disaster: drop database" inside sh -ec '
    systemctl stop open311-web open311-worker
    sudo -u postgres dropdb open311
    rm -rf /var/lib/open311/*'
took "pg_restore, photos, open311 db restored" inside sh -ec '
    sudo -u postgres createdb --owner=open311 --template=template0 open311
    sudo cat /var/backups/open311/open311.dump | sudo -u postgres pg_restore --exit-on-error --dbname=open311
    sudo tar --extract --file=/var/backups/open311/files.tar --directory=/
    sudo open311 db check
    sudo open311 db restored'
cat "$work/said"
inside systemctl start open311-web open311-worker
until_ready
inside sh -c 'open311 request show 100001 | head -12; find /var/lib/open311/media -type f | wc -l'
inside sh -c 'open311 doctor; echo "doctor: exit code $?"'

say "taken away"
took "apt-get remove" inside apt-get remove -y -q open311-server
inside sh -c 'ls /opt/open311/bin/open311 2>/dev/null && exit 1; ls /etc/open311; id open311'
took "apt-get purge" inside apt-get purge -y -q open311-server
tail -2 "$work/said"
inside sh -c 'ls -d /opt/open311 /etc/open311 2>/dev/null; ls -d /var/lib/open311/media'
