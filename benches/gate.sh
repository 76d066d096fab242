#!/usr/bin/env bash
# Requests per second and latency through real nginx, with and without the gate, and of the gate alone.
# Needs nginx and wrk. Talks to loopback only; stops by itself. Usage: benches/gate.sh [seconds]
set -euo pipefail
cd "$(dirname "$0")/.."
seconds=${1:-5}
cargo build --release --locked
dir=$(mktemp -d)
chmod 755 "$dir"
mkdir -p "$dir/config" "$dir/www"
echo welcome > "$dir/www/index.html"
printf '[platform]\nlisten = "127.0.0.1:18840"\ndiscover = false\ndrill = "off"\n' > "$dir/config/settings.toml"
export WATCHFLOOR_CONFIG_DIR="$dir/config" WATCHFLOOR_DATA_DIR="$dir/data"
target/release/watchfloor serve 2>"$dir/serve.log" & serve=$!
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
show() { grep -E 'Requests/sec|50%|99%|Non-2xx' | tr -s ' ' | tr '\n' ';'; echo; }
echo -n "nginx alone:            "; wrk -t1 -c16 -d"${seconds}s" --latency "http://127.0.0.1:18841/plain/index.html" | show
echo -n "nginx with the gate:    "; wrk -t1 -c16 -d"${seconds}s" --latency "http://127.0.0.1:18841/index.html?q=running+shoes&page=2" | show
echo -n "the gate itself, c=1:   "; wrk -t1 -c1 -d"${seconds}s" --latency -H 'X-Real-IP: 198.51.100.9' -H 'X-Original-URI: /index.html?q=running+shoes&page=2' "http://127.0.0.1:18840/v1/gate/check" | show
echo -n "the gate itself, c=16:  "; wrk -t1 -c16 -d"${seconds}s" --latency -H 'X-Real-IP: 198.51.100.9' -H 'X-Original-URI: /index.html?q=running+shoes&page=2' "http://127.0.0.1:18840/v1/gate/check" | show
