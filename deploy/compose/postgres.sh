#!/bin/sh
# postgres.sh <data> [options of postgres…]
# PostgreSQL as an ordinary user from its first moment on. The image's own start needs root and takes a superuser's password over
# the network; this one makes a database and its admin, who may make roles, and leaves the superuser to whoever is inside the container.
# The migration of each service makes the other roles: libs/postgres/src/roles.postgres.ts.
set -eu
data=$1
shift
password=${PASSWORD_FILE:-/run/parley/database/password}
tls=${TLS_FOLDER:-/run/parley/tls}
run=${RUN_FOLDER:-/tmp}

# Where there is a certificate (compose.tls.yml), nobody from outside connects without TLS and a certificate of the same authority.
host=host
client=
if [ -e "$tls/postgres.key" ]; then
  host=hostssl
  # PostgreSQL takes a key only from a file that it owns and nobody else reads.
  (umask 077 && cat "$tls/postgres.key" >"$run/server.key")
  client=' clientcert=verify-ca'
  set -- -c ssl=on -c "ssl_cert_file=$tls/postgres.crt" -c "ssl_key_file=$run/server.key" -c "ssl_ca_file=$tls/ca.crt" "$@"
fi

single() { postgres --single -D "$1" postgres >/dev/null; }

# Written whole, so that no start reads half of it.
write_access() {
  cat >"$1/pg_hba.conf.new" <<HBA
local all postgres peer
host all postgres all reject
$host parley all all scram-sha-256$client
HBA
  mv "$1/pg_hba.conf.new" "$1/pg_hba.conf"
}

if [ ! -s "$data/PG_VERSION" ]; then
  new=$data.new
  rm -rf "$new"
  initdb --pgdata="$new" --username=postgres --encoding=UTF8 --locale=C.UTF-8 --auth=peer --no-instructions >/dev/null
  # Through standard input, so that no list of processes shows it.
  { printf "create role parley login createrole createdb password '"; cat "$password"; printf "'\n"; } | single "$new"
  echo 'create database parley owner parley' | single "$new"
  write_access "$new"
  # Whole or not at all: a start that was cut short begins again.
  mv "$new" "$data"
elif ! grep -q ' reject$' "$data/pg_hba.conf"; then
  # A volume of 0.1.0, where this role owned everything and every service connected as it.
  echo 'alter role parley createrole createdb' | single "$data"
fi
write_access "$data"
exec postgres -D "$data" -c listen_addresses='*' -c "unix_socket_directories=$run" -c "max_connections=${MAX_CONNECTIONS:-200}" "$@"
