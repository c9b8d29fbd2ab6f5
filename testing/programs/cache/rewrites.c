/*
 * Stands for varnishd in tests of varnish-cl: functions, members and magic numbers of the same names, in the same order of pointers,
 * and nothing else of it. -DVARNISH_4: as in Varnish 4.1, where the statement is in line 104 of cnt_vdp; -DVXID_64: since
 * Varnish 7.3 a transaction's number is a structure. Prints what it does.
 */
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <unistd.h>

typedef struct { const char *b, *e; } txt;
#ifdef VXID_64
typedef struct vxids { uint64_t vxid; } vxid_t;
#define NUMBER(wid) ((unsigned)(wid).vxid)
#define CLIENT(number) { (number) | 1ULL << 62 }
#else
typedef unsigned vxid_t;
#define NUMBER(wid) ((wid) & 0x3fffffff)
#define CLIENT(number) ((number) | 1u << 30)
#endif
struct vsl_log { uint32_t *wlb, *wlp, *wle; unsigned wlr; vxid_t wid; };
struct http { unsigned magic; unsigned short fields_max; txt *hd; unsigned char *hdf; unsigned short nhd; int logtag; struct vsl_log *vsl; void *ws; uint16_t status; };
struct req { unsigned magic; char before[0x120]; struct http *http, *http0, *resp; intmax_t resp_len; struct vsl_log vsl[1]; };

static ssize_t stored; /* the length that the stored object's header has; -1: none */
static char header[64];

__attribute__((noipa)) ssize_t http_GetContentLength(const struct http *hp) { __asm__ volatile("" : : "r"(hp) : "memory"); return stored; }
__attribute__((noipa)) void http_Unset(struct http *hp) { __asm__ volatile("" : : "r"(hp) : "memory"); header[0] = 0; }
__attribute__((noipa)) void http_PrintfHeader(struct http *to, const char *fmt, ...) {
  va_list ap;
  __asm__ volatile("" : : "r"(to) : "memory");
  va_start(ap, fmt);
  vsnprintf(header, sizeof header, fmt, ap);
  va_end(ap);
}
/* The compiler knows nothing of what these functions do, as it does not in varnishd, where they are in other files. */
__attribute__((noipa)) unsigned http_GetStatus(const struct http *hp) { return hp->status; }
__attribute__((noipa)) void deliver(struct req *req) { __asm__ volatile("" : : "r"(req) : "memory"); }

#ifdef VARNISH_4
__attribute__((noinline)) static void cnt_vdp(struct req *req, intmax_t length) {
  intmax_t resp_len = http_GetContentLength(req->resp);
  req->resp_len = http_GetStatus(req->resp) ? length : -1;
  if (resp_len != req->resp_len) {
    http_Unset(req->resp);
    if (req->resp_len >= 0)
#line 104 "cache/cache_req_fsm.c"
      http_PrintfHeader(req->resp,
          "Content-Length: %jd", req->resp_len);
  }
  deliver(req);
}
#define cnt_transmit cnt_vdp
#else
#line 470 "cache/cache_req_fsm.c"
__attribute__((noinline)) static void cnt_transmit(struct req *req, intmax_t length) {
  intmax_t clval = http_GetContentLength(req->resp);
  req->resp_len = http_GetStatus(req->resp) ? length : -1;
  if (clval >= 0 && clval == req->resp_len) {
    /* the header is right as it is */
  } else {
    http_Unset(req->resp);
    if (req->resp_len >= 0)
      http_PrintfHeader(req->resp,
          "Content-Length: %jd", req->resp_len);
  }
  deliver(req);
}
#endif

__attribute__((noipa)) void CNT_Request(struct req *req, intmax_t length) { cnt_transmit(req, length); http_PrintfHeader(req->resp, "X-Varnish: %u", NUMBER(req->vsl->wid)); }

int main(void) {
  static const struct { uint16_t status; ssize_t stored; intmax_t length; const char *url; } cases[] = {
    { 200, 100, 5000, "/packed" }, { 200, -1, 1234, "/chunked?a=b" }, { 200, 700, 700, "/same" }, { 206, 700, 10, "/range" }, { 200, 50, -1, "/unknown" }, { 200, 5000000000, 0, "/large" },
  };
  for (unsigned i = 0; i < sizeof cases / sizeof *cases; i++) {
    txt texts[2] = { { "GET", NULL }, { cases[i].url, cases[i].url + strlen(cases[i].url) } };
    struct req req = { .magic = 0xfb4abf6d, .vsl = { { .wid = CLIENT(32770 + i) } } };
    struct http http = { .magic = 0x6428b5c9, .hd = texts, .nhd = 2, .vsl = req.vsl };
    struct http resp = { .magic = 0x6428b5c9, .vsl = req.vsl, .status = cases[i].status };
    req.http = req.http0 = &http;
    req.resp = &resp;
    stored = cases[i].stored;
    CNT_Request(&req, cases[i].length);
    if (cases[i].length >= 0 && cases[i].stored != cases[i].length) printf("%d %d %zd %jd %u %s\n", getpid(), cases[i].status, cases[i].stored, cases[i].length, 32770 + i, cases[i].url);
  }
  return 0;
}
