#!/bin/sh
# The programs that tests start besides Python's own. As root on Debian what is missing is installed;
# elsewhere it's named, and the tests that need it are skipped with the same words.
set -u
missing=""
command -v curl >/dev/null || missing="$missing curl"
command -v node >/dev/null || missing="$missing nodejs"
command -v chromium-headless-shell >/dev/null || command -v chromium >/dev/null \
    || command -v chromium-browser >/dev/null || command -v google-chrome >/dev/null || missing="$missing chromium fonts-dejavu-core"
command -v firefox-esr >/dev/null || command -v firefox >/dev/null || missing="$missing firefox-esr"
PATH="$PATH:/usr/sbin" command -v nginx >/dev/null || missing="$missing nginx-light"
command -v caddy >/dev/null || missing="$missing caddy"
command -v faketime >/dev/null || missing="$missing faketime"
command -v strace >/dev/null || missing="$missing strace"
# What people unpack archives with.
command -v unzip >/dev/null || missing="$missing unzip"
command -v 7z >/dev/null || missing="$missing p7zip-full"
command -v bsdtar >/dev/null || missing="$missing libarchive-tools"
# Large ones, for the long form of the tests: media players, and a site that embeds.
if [ "${LISTENLINK_TEST_FULL:-}" = 1 ]; then
    command -v ffmpeg >/dev/null || missing="$missing ffmpeg"
    command -v mpv >/dev/null || missing="$missing mpv"
    command -v vlc >/dev/null || missing="$missing vlc-bin vlc-plugin-base"
    command -v mplayer >/dev/null || missing="$missing mplayer"
    command -v gst-launch-1.0 >/dev/null \
        || missing="$missing gstreamer1.0-tools gstreamer1.0-plugins-base gstreamer1.0-plugins-good"
    [ -d /usr/share/wordpress ] && [ -n "$(command -v php)" ] \
        && PATH="$PATH:/usr/sbin" command -v mariadbd >/dev/null \
        || missing="$missing wordpress php-cli php-curl php-mysql mariadb-server"
fi
if [ -n "$missing" ]; then
    if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
        echo "Installing for the tests:$missing"
        apt-get update -qq
        # Of Chromium what has no windows is enough, where it's packed by itself.
        apt-cache show chromium-headless-shell >/dev/null 2>&1 \
            && missing=$(echo "$missing" | sed 's/ chromium / chromium-headless-shell /')
        DEBIAN_FRONTEND=noninteractive apt-get install -y -qq $missing >/dev/null
    else
        echo "Some tests will be skipped. To run them, install:$missing"
    fi
fi

# Programs that read the OpenAPI document. They're in folders of their own: one wants another typer than ours, and
# npm isn't installed for them, because Debian's has hundreds of packages.
wanted=tests/programs
there=build/programs
mkdir -p "$there"
if [ ! "$there/venv/.done" -nt "$wanted/requirements.lock" ] \
    || ! "$there/venv/bin/pip" --version >/dev/null 2>&1; then
    echo "Setting up the programs that generate a Python client …"
    rm -rf "$there/venv"  # Half of one, or one in a folder that was moved or of a Python that is gone.
    .venv/bin/python -m venv "$there/venv" \
        && "$there/venv/bin/pip" install --quiet --disable-pip-version-check --require-hashes \
            -r "$wanted/requirements.lock" \
        && touch "$there/venv/.done" &
fi
if ! command -v npm >/dev/null; then
    echo "Some tests will be skipped. To run them, install: npm"
elif [ ! "$there/node_modules/.done" -nt "$wanted/package-lock.json" ]; then
    echo "Setting up the programs that lint the document and type a client …"
    cp "$wanted/package.json" "$wanted/package-lock.json" "$there"
    (cd "$there" && npm ci --ignore-scripts --no-audit --no-fund --silent && touch node_modules/.done) &
fi
wait
exit 0
