#!/bin/sh
# The programs that tests start besides Python's own. As root on Debian what is missing is installed;
# elsewhere it's named, and the tests that need it are skipped with the same words.
set -u
missing=""
command -v curl >/dev/null || missing="$missing curl"
command -v node >/dev/null || missing="$missing nodejs"
command -v chromium >/dev/null || command -v chromium-browser >/dev/null \
    || command -v google-chrome >/dev/null || missing="$missing chromium fonts-dejavu-core"
PATH="$PATH:/usr/sbin" command -v nginx >/dev/null || missing="$missing nginx-light"
command -v caddy >/dev/null || missing="$missing caddy"
# Media players, large ones: for the long form of the tests.
if [ -n "${LISTENLINK_TEST_FULL:-}" ]; then
    command -v ffmpeg >/dev/null || missing="$missing ffmpeg"
    command -v mpv >/dev/null || missing="$missing mpv"
    command -v vlc >/dev/null || missing="$missing vlc-bin vlc-plugin-base"
    command -v mplayer >/dev/null || missing="$missing mplayer"
    command -v gst-launch-1.0 >/dev/null \
        || missing="$missing gstreamer1.0-tools gstreamer1.0-plugins-base gstreamer1.0-plugins-good"
fi
[ -z "$missing" ] && exit 0
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
    echo "Installing for the tests:$missing"
    apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq $missing >/dev/null
else
    echo "Some tests will be skipped. To run them, install:$missing"
fi
