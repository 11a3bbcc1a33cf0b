# The health check of the image: 0 when this process may be sent work. bash alone, because starting node every few seconds costs more
# than the service does when it is idle.
exec 3<>"/dev/tcp/127.0.0.1/${PARLEY_HEALTH_PORT}" || exit 1
printf 'GET /readyz HTTP/1.0\r\n\r\n' >&3
read -r -t 5 _ status _ <&3 && [ "$status" = 200 ]
