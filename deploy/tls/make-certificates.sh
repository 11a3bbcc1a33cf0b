#!/bin/sh
# make-certificates.sh <folder> [name…]: an authority, certificates of NATS, PostgreSQL and Redis, and one for their clients, as PEM
# files: ca.crt, nats.crt, nats.key, … client.key. Each server's is for its names in compose and the charts, for localhost, and for
# every further name that is given. An authority that is in the folder already signs new certificates: that is how they are renewed.
set -eu
[ $# -ge 1 ] || { echo 'usage: make-certificates.sh <folder> [name…]' >&2; exit 2; }
folder=$1
shift
umask 077
mkdir -p "$folder"
cd "$folder"
# Containers of compose read keys by their group, which only root can give.
readers=10001

key() {
  openssl ecparam -name prime256v1 -genkey -noout -out "$1"
}

# certificate <name> <subjectAltName, or nothing> <extendedKeyUsage>
certificate() {
  key "$1.key"
  {
    echo 'basicConstraints = critical, CA:false'
    echo 'keyUsage = critical, digitalSignature'
    echo "extendedKeyUsage = $3"
    [ -z "$2" ] || echo "subjectAltName = $2"
  } >extensions.cnf
  openssl req -new -key "$1.key" -subj "/CN=$1" |
    openssl x509 -req -CA ca.crt -CAkey ca.key -set_serial "0x$(openssl rand -hex 16)" -days 825 -sha256 \
      -extfile extensions.cnf -out "$1.crt" 2>/dev/null
  rm extensions.cnf
  chmod 0644 "$1.crt"
  if chgrp "$readers" "$1.key" 2>/dev/null; then chmod 0640 "$1.key"; else unread="${unread:-} $1.key"; fi
}

if [ ! -e ca.crt ]; then
  key ca.key
  openssl req -x509 -new -key ca.key -subj "/CN=Parley stores $(openssl rand -hex 4)" -days 3650 -sha256 -out ca.crt \
    -addext 'keyUsage = critical, keyCertSign, cRLSign'
  chmod 0644 ca.crt
fi
for store in nats postgres redis; do
  names="DNS:$store, DNS:parley-$store, DNS:localhost, IP:127.0.0.1"
  for name in "$@"; do names="$names, DNS:$name"; done
  certificate "$store" "$names" serverAuth
done
certificate client '' clientAuth
if [ -n "${unread:-}" ]; then
  echo "For compose, let the group $readers read them: chgrp $readers$unread; chmod 0640$unread (as root)."
fi
