/* Stands for varnish 4's cache_req_fsm.c in the seed document's probe: the names and the line that it probes, nothing else of it. */
#include <stdio.h>
#include <unistd.h>

struct http { int status; };
struct req { struct http *resp; long long resp_len; };
#line 101
__attribute__((noinline)) static void cnt_vdp(struct req *req, long long resp_len) {
  if (req->resp->status == 200) printf("%lld -> ", resp_len);
  req->resp_len = resp_len - resp_len / 100;
  if (req->resp->status == 200) printf("%lld\n", req->resp_len); /* line 104 */
  fflush(stdout);
}

int main(void) {
  static const int statuses[] = { 200, 404, 200 };
  printf("%d\n", getpid());
  fflush(stdout);
  for (int i = 0; i < 3; i++) {
    struct http resp = { statuses[i] };
    struct req req = { &resp, 0 };
    cnt_vdp(&req, (i + 1) * 1000);
  }
  return 0;
}
