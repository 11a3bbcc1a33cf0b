#!/bin/sh
# backup.sh <command>: dumps of the database in BACKUP_FOLDER, in pg_dump's custom format, named parley-<UTC time>.dump.
#   schedule         one each BACKUP_EVERY (24h: a number with s, m, h or d), the newest BACKUP_KEEP (7) are kept; until it is stopped
#   now              one more
#   list             their names, the oldest first
#   print [name]     the newest or a named one to standard output
#   restore <name>   the database as it was then; `latest` is the newest one, `-` is standard input. Services have to be stopped
#   health           0 while the last attempt succeeded, 1 after one that failed
# PGHOST, PGUSER and so on say which database; PGPASSWORD_FILE has the password. Standard input and output of a container are enough to
# take a dump away and to bring one back.
set -eu
folder=${BACKUP_FOLDER:-/var/lib/parley/backups}
every=${BACKUP_EVERY:-24h}
keep=${BACKUP_KEEP:-7}
after_restore=${AFTER_RESTORE_SQL:-/etc/parley/after-restore.sql}
password_file=${PGPASSWORD_FILE:-/run/parley/database-owner/password}
status=$folder/.status

say() { echo "backup: $*" >&2; }
fail() {
  say "$*"
  exit 2
}

# Only the user that runs backups may read the dumps.
umask 077
if [ -r "$password_file" ]; then
  PGPASSWORD=$(cat "$password_file")
  export PGPASSWORD
fi
# libpq takes a key only from a file that no other user can read; where certificates are mounted (compose.tls.yml), the group does too.
if [ -n "${PGSSLKEY:-}" ]; then
  cat "$PGSSLKEY" >"/tmp/client-$$.key"
  PGSSLKEY=/tmp/client-$$.key
  export PGSSLKEY
  trap 'rm -f "$PGSSLKEY"' EXIT
fi

dumps() { find "$folder" -maxdepth 1 -name 'parley-*.dump' -exec basename {} \; | sort; }
newest() { dumps | tail -n 1; }

case $keep in '' | *[!0-9]* | 0*) fail "BACKUP_KEEP is how many dumps are kept, for example 7, and not $keep" ;; esac
# A duration in seconds; it is bounded, so that its arithmetic cannot overflow.
number=${every%[smhd]}
case $number in '' | *[!0-9]* | 0* | ???????*) fail "BACKUP_EVERY is a number with s, m, h or d, for example 24h, and not $every" ;; esac
case $every in
  *m) period_s=$((number * 60)) ;;
  *h) period_s=$((number * 3600)) ;;
  *d) period_s=$((number * 86400)) ;;
  *) period_s=$number ;;
esac

# One dump at a time; the lock ends with its process.
locked() {
  exec 9>"$folder/.lock"
  flock 9
}

backup() {
  locked
  rm -f "$folder"/.partial-*
  name=parley-$(date -u +%Y%m%dT%H%M%SZ).dump
  partial=$folder/.partial-$name
  if [ -e "$folder/$name" ]; then fail "$name is there already"; fi
  # Written beside its place and moved there: what has the name of a dump is whole.
  if ! pg_dump --format=custom --no-password --lock-wait-timeout=60s --file="$partial"; then
    rm -f "$partial"
    fail 'pg_dump failed, and no dump was kept'
  fi
  pg_restore --list "$partial" >/dev/null
  sync "$partial" 2>/dev/null || sync
  mv "$partial" "$folder/$name"
  say "wrote $name ($(wc -c <"$folder/$name") bytes)"
  dumps | sort -r | tail -n "+$((keep + 1))" | while read -r old; do
    rm -f "$folder/$old"
    say "removed $old"
  done
}

record() {
  echo "$1" >"$status.new"
  mv "$status.new" "$status"
}

schedule() {
  # `wait` ends with the signal, `sleep` alone would be waited for.
  trap 'kill $! 2>/dev/null || true; exit 0' TERM INT
  while :; do
    last=$(newest)
    due_s=0
    if [ -n "$last" ]; then due_s=$(($(stat -c %Y "$folder/$last") + period_s - $(date +%s))); fi
    # After a clock was set back the wait is one period at most.
    if [ "$due_s" -gt "$period_s" ]; then due_s=$period_s; fi
    if [ "$due_s" -gt 0 ]; then
      sleep "$due_s" &
      wait $! || true
      continue
    fi
    sh "$0" now &
    code=0
    wait $! || code=$?
    record "$code"
    if [ "$code" -ne 0 ]; then
      say "failed with exit status $code, and is tried again"
      sleep "$((period_s < 60 ? period_s : 60))" &
      wait $! || true
    fi
  done
}

health() {
  if [ ! -e "$status" ]; then return; fi
  code=$(cat "$status")
  if [ "$code" = 0 ]; then return; fi
  echo "the last backup failed with exit status $code"
  exit 1
}

print() {
  name=${1:-$(newest)}
  if [ -z "$name" ]; then fail "there is no dump in $folder"; fi
  cat "$folder/$(basename "$name")"
}

# The schemas of the dump and nothing beside them: what a later version added would be in the way of its own migrations.
restore_sql() {
  echo "do \$\$
    declare name text;
    begin
      for name in select nspname from pg_namespace where nspowner = current_user::text::regrole and nspname <> 'public' loop
        execute format('drop schema %I cascade', name);
      end loop;
    end
  \$\$;"
  # A dump that ends too early undoes everything: there is no such function.
  pg_restore --file=- --no-owner "$@" || echo 'select the_dump_could_not_be_read();'
  cat "$after_restore"
}

restore() {
  name=${1:-}
  case $name in
    '') fail 'name the dump: latest, -, or one of `list`' ;;
    -) set -- ;;
    *)
      if [ "$name" = latest ]; then name=$(newest); fi
      if [ -z "$name" ]; then fail "there is no dump in $folder"; fi
      file=$folder/$(basename "$name")
      if [ ! -r "$file" ]; then fail "there is no dump $name; \`list\` names those that are there"; fi
      set -- "$file"
      ;;
  esac
  others=$(psql --no-psqlrc --no-password --tuples-only --no-align --command="
    select string_agg(distinct usename, ', ') from pg_stat_activity
      where datname = current_database() and pid <> pg_backend_pid() and application_name <> 'parley-backup'")
  if [ -n "$others" ]; then fail "$others are connected; stop the services first: docker compose stop gateway auth topics chat signaling"; fi
  # All or nothing.
  restore_sql "$@" | psql --no-psqlrc --no-password --quiet --set=ON_ERROR_STOP=1 --single-transaction --output=/dev/null
  say "restored $name; start the services: docker compose up --detach"
}

command=${1:-}
[ $# -eq 0 ] || shift
case $command in
  schedule | health | print | restore) "$command" "$@" ;;
  now) backup ;;
  list) dumps ;;
  *)
    sed -n '2,8s/^# //p' "$0" >&2
    exit 2
    ;;
esac
