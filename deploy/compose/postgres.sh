#!/bin/sh
# PostgreSQL as an ordinary user from its first moment on. The image's own start needs root and takes a superuser's password over
# the network; this one makes a role that owns one database, and leaves the superuser to whoever is inside the container.
set -eu
data=$1
if [ ! -s "$data/PG_VERSION" ]; then
  new=$data.new
  rm -rf "$new"
  initdb --pgdata="$new" --username=postgres --encoding=UTF8 --locale=C.UTF-8 --auth=peer --no-instructions >/dev/null
  cat >"$new/pg_hba.conf" <<'HBA'
local all postgres peer
host parley parley all scram-sha-256
HBA
  # Through standard input, so that no list of processes shows it.
  { printf "create role parley login password '"; cat /run/parley/database/password; printf "'\n"; } |
    postgres --single -D "$new" postgres >/dev/null
  echo 'create database parley owner parley' | postgres --single -D "$new" postgres >/dev/null
  # Whole or not at all: a start that was cut short begins again.
  mv "$new" "$data"
fi
exec postgres -D "$data" -c listen_addresses='*' -c unix_socket_directories=/tmp -c "max_connections=${MAX_CONNECTIONS:-200}"
