#!/usr/bin/env bash
# Requests per second and latency through real nginx, with and without the gate, and of the gate alone.
# Needs nginx and wrk. Talks to loopback only; stops by itself. Usage: benches/gate.sh [seconds]
# WATCHFLOOR=path measures a program that is built already.
set -euo pipefail
cd "$(dirname "$0")/.."
seconds=${1:-5}
program=${WATCHFLOOR:-${CARGO_TARGET_DIR:-target}/release/watchfloor}
[ -n "${WATCHFLOOR:-}" ] || cargo build --release --locked
dir=$(mktemp -d)
chmod 755 "$dir"
mkdir -p "$dir/config" "$dir/www"
echo welcome > "$dir/www/index.html"
printf '[platform]\nlisten = "127.0.0.1:18840"\ndiscover = false\ndrill = "off"\n' > "$dir/config/settings.toml"
export WATCHFLOOR_CONFIG_DIR="$dir/config" WATCHFLOOR_DATA_DIR="$dir/data"
"$program" serve 2>"$dir/serve.log" & serve=$!
cat > "$dir/nginx.conf" <<CONF
daemon off; pid $dir/nginx.pid; error_log $dir/error.log; worker_processes 1; events {}
http {
  access_log off;
  client_body_temp_path $dir/b; proxy_temp_path $dir/p; fastcgi_temp_path $dir/f; uwsgi_temp_path $dir/u; scgi_temp_path $dir/s;
  upstream gate { server 127.0.0.1:18840; keepalive 64; }
  server {
    listen 127.0.0.1:18841;
    location /plain { alias $dir/www; }
    location / { auth_request /gate; root $dir/www; }
    location = /gate {
      internal; proxy_pass http://gate/v1/gate/check; proxy_http_version 1.1; proxy_set_header Connection "";
      proxy_pass_request_body off; proxy_set_header Content-Length "";
      proxy_set_header X-Real-IP 198.51.100.9; proxy_set_header X-Original-URI \$request_uri;
      proxy_set_header X-Original-Method \$request_method;
    }
  }
}
CONF
nginx -p "$dir" -c "$dir/nginx.conf" 2>/dev/null & nginx=$!
trap 'kill $serve $nginx 2>/dev/null; wait $serve $nginx 2>/dev/null; rm -rf "$dir"' EXIT
for _ in $(seq 100); do [ -e "$dir/data/platform.json" ] && curl -s -o /dev/null http://127.0.0.1:18841/plain/index.html && break; sleep 0.1; done
# CPU microseconds, user and system, that a process and its children in this script took so far.
cpu() { cat $(for p in "$1" $(pgrep -P "$1"); do echo "/proc/$p/stat"; done) | awk '{ sub(/.*\) /, ""); t += $12 + $13 } END { print t * 10000 }'; }
# Each measurement three times, the round with the lowest p99 is told: the others had a neighbour on the machine.
measure() {
  local name=$1 before_gate before_nginx; shift
  for _ in 1 2 3; do
    before_gate=$(cpu $serve) before_nginx=$(cpu $nginx)
    wrk -t1 -d"${seconds}s" --latency "$@" > "$dir/wrk"
    awk -v name="$name" -v gate=$(($(cpu $serve) - before_gate)) -v nginx=$(($(cpu $nginx) - before_nginx)) '
      function us(t) { return t ~ /us$/ ? t + 0 : t ~ /ms$/ ? t * 1e3 : t * 1e6 }
      $1 == "50%" { p50 = us($2) } $1 == "99%" { p99 = us($2) } $2 == "requests" { n = $1 } /Requests\/sec/ { rate = $2 }
      /Non-2xx/ { failed = " FAILED: " $0 }
      END { printf "%d %s %.0f requests/s, p50 %.3f ms, p99 %.3f ms; CPU a request: gate %.1f us, nginx %.1f us%s\n", p99, name, rate, p50 / 1e3, p99 / 1e3, gate / n, nginx / n, failed }
    ' "$dir/wrk"
  done | sort -n | head -1 | cut -d' ' -f2-
}
headers=(-H 'X-Real-IP: 198.51.100.9' -H 'X-Original-URI: /index.html?q=running+shoes&page=2')
measure "nginx alone:          " -c16 "http://127.0.0.1:18841/plain/index.html"
measure "nginx with the gate:  " -c16 "http://127.0.0.1:18841/index.html?q=running+shoes&page=2"
measure "the gate alone, c=1:  " -c1 "${headers[@]}" "http://127.0.0.1:18840/v1/gate/check"
measure "the gate alone, c=16: " -c16 "${headers[@]}" "http://127.0.0.1:18840/v1/gate/check"
