"""A WordPress of one's own on loopback: Debian's, with MariaDB, served by PHP itself."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import httpx

from ports import free_port
from servers import Program

PACKAGE = Path("/usr/share/wordpress")
_PATH = os.environ.get("PATH", "") + ":/usr/sbin"
PHP, MARIADB = shutil.which("php"), shutil.which("mariadbd", path=_PATH)
_INSTALL_DB = shutil.which("mariadb-install-db", path=_PATH)
HAS_ALL = bool(PHP and MARIADB and _INSTALL_DB and PACKAGE.is_dir())

_CONFIG = """<?php
define('DB_NAME', 'wordpress'); define('DB_USER', 'root'); define('DB_PASSWORD', '');
define('DB_HOST', '127.0.0.1:{database}'); define('DB_CHARSET', 'utf8mb4'); define('DB_COLLATE', '');
define('DISABLE_WP_CRON', true); define('AUTOMATIC_UPDATER_DISABLED', true);
$table_prefix = 'wp_';
if (!defined('ABSPATH')) define('ABSPATH', __DIR__ . '/');
require_once ABSPATH . 'wp-settings.php';
"""
# All that isn't as it comes: that it may ask servers on loopback, at any port.
_LOOPBACK = """<?php
add_filter('http_request_host_is_external', '__return_true');
add_filter('http_allowed_safe_ports',
    fn($ports, $host, $url) => [...$ports, (int) parse_url($url, PHP_URL_PORT)], 10, 3);
"""
_CREATE = """
mysqli_report(MYSQLI_REPORT_ERROR | MYSQLI_REPORT_STRICT);
(new mysqli('127.0.0.1', 'root', '', '', (int) $argv[1]))->query('CREATE DATABASE wordpress');
"""
_INSTALL = """
define('WP_INSTALLING', true); $_SERVER['HTTP_HOST'] = substr($argv[1], 7);
function wp_mail() { return true; }
require 'wp-load.php'; require ABSPATH . 'wp-admin/includes/upgrade.php';
wp_install('Site', 'owner', 'owner@example.com', true, '', bin2hex(random_bytes(9)));
update_option('siteurl', $argv[1]); update_option('home', $argv[1]);
"""
_PUBLISH = """
$_SERVER['HTTP_HOST'] = substr($argv[1], 7); require 'wp-load.php';
echo wp_insert_post(['post_title' => 'Heard', 'post_status' => 'publish', 'post_author' => 1,
    'post_content' => "Hear this:\\n\\n" . $argv[2] . "\\n\\nAnd that."]);
"""


class WordPress:
    """It runs from `start` to `stop`, with all that it keeps in `folder`."""

    def __init__(self, folder: Path) -> None:
        self._data, self._site = folder / "database", folder / "site"
        self._database_port, port = free_port(), free_port()
        self.url = f"http://127.0.0.1:{port}"
        root = ["--user=root"] if os.geteuid() == 0 else []
        started = ["--no-defaults", f"--datadir={self._data}", *root]
        self._install_db = [str(_INSTALL_DB), *started, "--skip-test-db"]
        self._install_db.append("--auth-root-authentication-method=normal")
        listens = [f"--port={self._database_port}", "--bind-address=127.0.0.1"]
        listens += [f"--socket={self._data}/socket", f"--pid-file={self._data}/pid"]
        self._database = Program([str(MARIADB), *started, *listens], self._database_port)
        served = [str(PHP), "-S", f"127.0.0.1:{port}", "-t", str(self._site)]
        self._server = Program(served, port)

    def start(self) -> None:
        """Install it and serve it."""
        self._data.mkdir()
        subprocess.run(self._install_db, check=True, capture_output=True, timeout=120)
        self._database.start()
        shutil.copytree(PACKAGE, self._site)
        (self._site / "wp-config.php").write_text(_CONFIG.format(database=self._database_port))
        added = self._site / "wp-content" / "mu-plugins"
        added.mkdir()
        (added / "loopback.php").write_text(_LOOPBACK)
        self._run(_CREATE, str(self._database_port))
        self._run(_INSTALL, self.url)
        self._server.start()

    def publish(self, url: str) -> str:
        """What readers see of a new post that has the URL on a line of its own."""
        number = self._run(_PUBLISH, self.url, url)
        asked = {"rest_route": f"/wp/v2/posts/{number}"}
        told = httpx.get(self.url + "/", params=asked, timeout=60).raise_for_status().json()
        return str(told["content"]["rendered"])

    def stop(self) -> None:
        """End it."""
        self._server.kill()
        self._database.kill()

    def _run(self, script: str, *arguments: str) -> str:
        done = subprocess.run(
            [str(PHP), "-r", script, "--", *arguments],
            cwd=self._site, check=True, capture_output=True, text=True, timeout=120,
        )  # fmt: skip
        return done.stdout.strip()
