// Listeners: many WebSocket clients on one thread that count what they are sent and do as little else as possible.
// The same arguments, commands and answers as listeners.js, which says what they are.
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { CONNECTING, UPGRADING, OPEN, READY, CLOSED };
enum { ROOM_FOR_REST = 1 << 20, READ_BYTES = 256 * 1024, SAMPLES_MAX = 4 << 20, UNDERWAY_MAX = 32, NEWS_BYTES = 64 };

typedef struct {
  int fd, state, sampled;
  int64_t last;
  uint8_t *rest;
  size_t restBytes, restRoom;
} Socket;

static struct {
  int port, sockets, sampled, byMarks;
  const char *path;
  uint8_t *hello, *ready;
  size_t helloBytes, readyBytes;
} asked;

static struct {
  uint64_t deliveries, bytes, lost, doubled;
  double startedMs, cpuMs;
} window;

static Socket *sockets;
static char **headers;
static int headerCount, started, readyCount, closedCount, poller;
static uint64_t total, lostTotal, doubledTotal;
static uint32_t *samples;
static size_t sampleCount;
static uint8_t *buffer;

static uint64_t nowMicros(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (uint64_t)now.tv_sec * 1000000 + (uint64_t)now.tv_nsec / 1000;
}

static double cpuMs(void) {
  struct rusage usage;
  getrusage(RUSAGE_SELF, &usage);
  return (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * 1e3 +
         (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e3;
}

static void fail(const char *what, const char *detail) {
  fprintf(stderr, "listeners: %s %s\n", what, detail);
  exit(1);
}

static void writeAll(int fd, const void *bytes, size_t length) {
  // Only some hundred bytes at a time and rarely: the socket's own buffer takes them.
  if (write(fd, bytes, length) != (ssize_t)length) fail("a short write:", strerror(errno));
}

/** Masked with a key of zeros, so that the payload stays as it is. */
static void sendFrame(int fd, int opcode, const void *payload, size_t length) {
  uint8_t frame[8192] = {(uint8_t)(0x80 | opcode)};
  size_t at = 2;
  if (length > sizeof frame - 16) fail("a frame is too long", "");
  if (length < 126) frame[1] = (uint8_t)(0x80 | length);
  else {
    frame[1] = 0x80 | 126;
    frame[at++] = (uint8_t)(length >> 8);
    frame[at++] = (uint8_t)length;
  }
  at += 4;
  memcpy(frame + at, payload, length);
  writeAll(fd, frame, at + length);
}

static void startOne(void) {
  if (started == asked.sockets) return;
  Socket *one = &sockets[started];
  one->fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
  if (one->fd < 0) fail("no socket:", strerror(errno));
  int yes = 1;
  setsockopt(one->fd, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
  struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons((uint16_t)asked.port)};
  to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (connect(one->fd, (struct sockaddr *)&to, sizeof to) < 0 && errno != EINPROGRESS) fail("connect:", strerror(errno));
  struct epoll_event event = {.events = EPOLLIN | EPOLLOUT, .data.u32 = (uint32_t)started};
  epoll_ctl(poller, EPOLL_CTL_ADD, one->fd, &event);
  started += 1;
}

static void becomesReady(Socket *one) {
  one->state = READY;
  readyCount += 1;
  if (readyCount == asked.sockets) {
    printf("{\"ready\":true,\"sockets\":%d}\n", readyCount);
    fflush(stdout);
  }
  startOne();
}

static void closes(Socket *one) {
  if (one->state == CLOSED) return;
  if (one->state != READY) fail("a socket was closed before it received anything", "");
  one->state = CLOSED;
  closedCount += 1;
  close(one->fd);
}

/** The payload holds `@~<sequence, 10 digits>~<micros, 16 digits>~`. */
static void sample(Socket *one, const uint8_t *payload, size_t length, uint64_t now) {
  const uint8_t *mark = memmem(payload, length, "@~", 2);
  if (!mark || mark + 30 > payload + length) return;
  int64_t sequence = strtoll((const char *)mark + 2, NULL, 10);
  uint64_t sentAt = strtoull((const char *)mark + 13, NULL, 10);
  if (one->last && sequence <= one->last) {
    window.doubled += 1;
    doubledTotal += 1;
    return;
  }
  if (one->last && sequence > one->last + 1) {
    window.lost += (uint64_t)(sequence - one->last - 1);
    lostTotal += (uint64_t)(sequence - one->last - 1);
  }
  one->last = sequence;
  if (sampleCount < SAMPLES_MAX) samples[sampleCount++] = (uint32_t)(now - sentAt);
}

/** A frame of a server that puts several messages into one: each holds one mark. */
static void severalCame(Socket *one, const uint8_t *payload, size_t length, uint64_t now) {
  const uint8_t *end = payload + length, *mark;
  window.bytes += length;
  while ((mark = memmem(payload, (size_t)(end - payload), "@~", 2))) {
    window.deliveries += 1;
    total += 1;
    if (one->sampled) sample(one, mark, (size_t)(end - mark), now);
    payload = mark + 30 < end ? mark + 30 : end;
  }
}

static void frameCame(Socket *one, int opcode, const uint8_t *payload, size_t length, uint64_t now) {
  if (opcode == 9) sendFrame(one->fd, 10, payload, length);
  else if (opcode == 8) closes(one);
  else if (opcode != 1 && !asked.byMarks) return;
  else if (one->state == OPEN && memmem(payload, length, asked.ready, asked.readyBytes)) becomesReady(one);
  else if (asked.byMarks) severalCame(one, payload, length, now);
  // Engine.IO's own ping.
  else if (length == 1 && payload[0] == '2') sendFrame(one->fd, 1, "3", 1);
  else if (one->state == READY && length >= NEWS_BYTES) {
    window.deliveries += 1;
    window.bytes += length;
    total += 1;
    if (one->sampled) sample(one, payload, length, now);
  }
}

/** Answers how many bytes were whole frames. */
static size_t walk(Socket *one, const uint8_t *bytes, size_t length, uint64_t now) {
  size_t at = 0;
  while (one->state != CLOSED && length - at >= 2) {
    size_t head = 2;
    uint64_t payload = bytes[at + 1] & 0x7f;
    if (payload == 126) head = 4;
    else if (payload == 127) head = 10;
    if (length - at < head) break;
    if (head == 4) payload = (uint64_t)bytes[at + 2] << 8 | bytes[at + 3];
    if (head == 10) {
      payload = 0;
      for (int i = 2; i < 10; i += 1) payload = payload << 8 | bytes[at + (size_t)i];
    }
    if (length - at - head < payload) break;
    frameCame(one, bytes[at] & 0x0f, bytes + at + head, payload, now);
    at += head + payload;
  }
  return at;
}

static size_t upgraded(Socket *one, const uint8_t *bytes, size_t length) {
  const uint8_t *end = memmem(bytes, length, "\r\n\r\n", 4);
  if (!end) return 0;
  if (length < 12 || memcmp(bytes, "HTTP/1.1 101", 12) != 0) fail("no upgrade:", (const char *)bytes);
  one->state = OPEN;
  if (asked.helloBytes) sendFrame(one->fd, asked.byMarks ? 2 : 1, asked.hello, asked.helloBytes);
  return (size_t)(end - bytes) + 4;
}

/** What is left of a frame waits beside its socket and is put in front of the next read. */
static void keepRest(Socket *one, const uint8_t *bytes, size_t length) {
  if (length > ROOM_FOR_REST) fail("a frame is too big", "");
  if (length > one->restRoom) {
    one->restRoom = length * 2;
    one->rest = realloc(one->rest, one->restRoom);
  }
  memmove(one->rest, bytes, length);
  one->restBytes = length;
}

static void readable(Socket *one) {
  if (one->restBytes) memcpy(buffer, one->rest, one->restBytes);
  ssize_t got = read(one->fd, buffer + one->restBytes, READ_BYTES);
  if (got < 0 && errno == EAGAIN) return;
  if (got <= 0) {
    closes(one);
    return;
  }
  size_t length = one->restBytes + (size_t)got, at = 0;
  buffer[length] = 0;
  if (one->state == UPGRADING) at = upgraded(one, buffer, length);
  if (one->state >= OPEN) at += walk(one, buffer + at, length - at, one->sampled ? nowMicros() : 0);
  one->restBytes = 0;
  if (at < length && one->state != CLOSED) keepRest(one, buffer + at, length - at);
}

static void writable(Socket *one, uint32_t index) {
  char request[8192];
  const char *own = headerCount ? headers[index % (uint32_t)headerCount] : "";
  int length = snprintf(request, sizeof request,
                        "GET %s HTTP/1.1\r\nHost: 127.0.0.1:%d\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
                        "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n%s%s\r\n",
                        asked.path, asked.port, own, *own ? "\r\n" : "");
  writeAll(one->fd, request, (size_t)length);
  one->state = UPGRADING;
  struct epoll_event event = {.events = EPOLLIN, .data.u32 = index};
  epoll_ctl(poller, EPOLL_CTL_MOD, one->fd, &event);
}

static int byValue(const void *a, const void *b) {
  uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
  return (x > y) - (x < y);
}

static double percentileMs(double share) {
  if (sampleCount == 0) return -1;
  size_t at = (size_t)(share * (double)sampleCount);
  return samples[at < sampleCount ? at : sampleCount - 1] / 1e3;
}

static void beginWindow(void) {
  memset(&window, 0, sizeof window);
  sampleCount = 0;
  window.startedMs = (double)nowMicros() / 1e3;
  window.cpuMs = cpuMs();
  printf("{\"begun\":true}\n");
}

static void endWindow(void) {
  double elapsed = (double)nowMicros() / 1e3 - window.startedMs, cpu = cpuMs() - window.cpuMs;
  qsort(samples, sampleCount, sizeof *samples, byValue);
  printf("{\"elapsedMs\":%.1f,\"deliveries\":%llu,\"bytes\":%llu,\"samples\":%zu,\"p50\":%.2f,\"p99\":%.2f,\"max\":%.2f,"
         "\"lost\":%llu,\"doubled\":%llu,\"cpuMs\":%.1f}\n",
         elapsed, (unsigned long long)window.deliveries, (unsigned long long)window.bytes, sampleCount,
         percentileMs(0.5), percentileMs(0.99), percentileMs(1), (unsigned long long)window.lost,
         (unsigned long long)window.doubled, cpu);
}

static void command(void) {
  char line[256];
  ssize_t got = read(STDIN_FILENO, line, sizeof line - 1);
  if (got <= 0) exit(0);
  line[got] = 0;
  if (strstr(line, "begin")) beginWindow();
  if (strstr(line, "end")) endWindow();
  if (strstr(line, "total"))
    printf("{\"total\":%llu,\"lost\":%llu,\"doubled\":%llu,\"closed\":%d}\n", (unsigned long long)total,
           (unsigned long long)lostTotal, (unsigned long long)doubledTotal, closedCount);
  fflush(stdout);
}

static void readHeaders(const char *file) {
  FILE *from = fopen(file, "r");
  if (!from) fail("cannot read", file);
  headers = calloc(100000, sizeof *headers);
  char line[6000];
  while (headerCount < 100000 && fgets(line, sizeof line, from)) {
    line[strcspn(line, "\r\n")] = 0;
    headers[headerCount++] = strdup(line);
  }
  fclose(from);
}

/** Bytes from two hexadecimal digits each. */
static uint8_t *bytesOf(const char *hex, size_t *length) {
  *length = strlen(hex) / 2;
  uint8_t *bytes = malloc(*length + 1);
  for (size_t i = 0; i < *length; i += 1) {
    unsigned value;
    if (sscanf(hex + 2 * i, "%2x", &value) != 1) fail("not hexadecimal:", hex);
    bytes[i] = (uint8_t)value;
  }
  return bytes;
}

/** port sockets sampled path hello ready frames|marks file-with-one-request-header-a-line */
int main(int count, char **words) {
  if (count < 9) fail("port sockets sampled path hello ready frames|marks headers", "");
  asked.port = atoi(words[1]);
  asked.sockets = atoi(words[2]);
  asked.sampled = atoi(words[3]);
  asked.path = words[4];
  asked.hello = bytesOf(words[5], &asked.helloBytes);
  asked.ready = bytesOf(words[6], &asked.readyBytes);
  asked.byMarks = strcmp(words[7], "marks") == 0;
  readHeaders(words[8]);
  signal(SIGPIPE, SIG_IGN);
  struct rlimit files;
  getrlimit(RLIMIT_NOFILE, &files);
  files.rlim_cur = files.rlim_max;
  setrlimit(RLIMIT_NOFILE, &files);
  sockets = calloc((size_t)asked.sockets, sizeof *sockets);
  samples = malloc(SAMPLES_MAX * sizeof *samples);
  buffer = malloc(READ_BYTES + ROOM_FOR_REST + 1);
  for (int i = 0; i < asked.sampled; i += 1)
    sockets[((int64_t)i * 2 + 1) * asked.sockets / (asked.sampled * 2)].sampled = 1;
  poller = epoll_create1(0);
  struct epoll_event input = {.events = EPOLLIN, .data.u32 = UINT32_MAX};
  epoll_ctl(poller, EPOLL_CTL_ADD, STDIN_FILENO, &input);
  for (int i = 0; i < UNDERWAY_MAX; i += 1) startOne();
  struct epoll_event events[256];
  for (;;) {
    int ready = epoll_wait(poller, events, 256, -1);
    for (int i = 0; i < ready; i += 1) {
      if (events[i].data.u32 == UINT32_MAX) {
        command();
        continue;
      }
      Socket *one = &sockets[events[i].data.u32];
      if (one->state == CLOSED) continue;
      if (one->state == CONNECTING) writable(one, events[i].data.u32);
      else readable(one);
    }
  }
}
